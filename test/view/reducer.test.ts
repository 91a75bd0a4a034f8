import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/view/actions.ts';
import { openDetail } from '../../src/view/detail.ts';
import { answered, emptyList } from '../../src/view/list.ts';
import { noMarks } from '../../src/view/marks.ts';
import { reduce } from '../../src/view/reducer.ts';
import { contextOf, initialState, type ViewState } from '../../src/view/state.ts';
import { type Rows, type Surface, start } from '../../src/view/surface.ts';
import { recordOf, summaryOf } from '../tui/fixtures/deliveries.ts';
import { FakeSession } from '../tui/fixtures/fake-session.ts';

// The reducer as a table: a state, what happens, and what of the state is another then.

const rows = (change: Partial<Rows> = {}): Rows => ({
  ...{ count: 100, inSight: 10, folds: false },
  foldAt: () => undefined,
  insideAt: () => undefined,
  isOpen: () => true,
  ...change,
});
const surface: Surface = { listRows: 10, tab: rows(), page: rows() };

const status = new FakeSession(3).status();
const empty = initialState(status, 1_000);
const list = answered(emptyList(), { kind: 'newest', limit: 100 }, [
  summaryOf(3),
  summaryOf(2),
  summaryOf(1),
]);
const listed: ViewState = { ...empty, list };
const opened: ViewState = { ...listed, list: { ...list, follow: false }, detail: openDetail(3, 'headers') };
const filtered: ViewState = { ...listed, filter: { ...empty.filter, applied: 'job:x', matches: 3 } };
const editing = reduce(filtered, { type: 'edit-filter' }, surface);
const typing = (text: string): ViewState => reduce(editing, { type: 'insert', text }, surface);
const inForm = reduce(listed, { type: 'form', form: 'duplicate' }, surface);
const page: ViewState = {
  ...listed,
  sheet: { title: 't', content: { kind: 'text', text: 'x' }, place: start },
};
const asked = reduce(listed, { type: 'ask', task: 'clear' }, surface);
const notice = { text: 'done', tone: 'plain', until: 2_000 } as const;
const data = { delivery: recordOf(summaryOf(3), new Uint8Array(), false), attempts: [] };
const nothingNew = { arrived: [], changed: new Set<number>(), removed: false };

type Row = readonly [what: string, before: ViewState, action: Action, after: object];

const table: readonly Row[] = [
  [
    'down in the list selects the older one',
    listed,
    { type: 'move', by: 1 },
    { list: { selected: 2, follow: false } },
  ],
  [
    'down at the end stays',
    { ...listed, list: { ...list, selected: 1 } },
    { type: 'move', by: 1 },
    { list: { selected: 1 } },
  ],
  ['a page down in a page', page, { type: 'move', by: 1, page: true }, { sheet: { place: { top: 9 } } }],
  [
    'down in a tab that does not fold scrolls',
    opened,
    { type: 'move', by: 1 },
    { detail: { places: { headers: { top: 1 } } } },
  ],
  [
    'the end of a tab',
    opened,
    { type: 'end', which: 'last' },
    { detail: { places: { headers: { top: 90 } } } },
  ],
  [
    'the end of the list selects the oldest',
    listed,
    { type: 'end', which: 'last' },
    { list: { selected: 1 } },
  ],
  [
    'its beginning follows the newest',
    { ...opened, detail: null },
    { type: 'end', which: 'first' },
    { list: { follow: true } },
  ],
  [
    'open opens the selected one, in the last tab',
    { ...listed, tab: 'raw' },
    { type: 'open' },
    { detail: { seq: 3, tab: 'raw', stale: true } },
  ],
  ['open opens nothing where there is nothing', empty, { type: 'open' }, { detail: null }],
  ['back out of the detail keeps the tab', opened, { type: 'back' }, { detail: null, tab: 'headers' }],
  [
    'back out of a filter line keeps the filter',
    editing,
    { type: 'back' },
    { filter: { editor: null, applied: 'job:x' } },
  ],
  ['back in a filtered list shows all', filtered, { type: 'back' }, { filter: { applied: '' }, epoch: 1 }],
  ['back out of a form', inForm, { type: 'back' }, { form: null }],
  ['back out of a page', page, { type: 'back' }, { sheet: null }],
  ['back out of a question', asked, { type: 'back' }, { question: null }],
  [
    'the next older one',
    opened,
    { type: 'neighbour', by: 1 },
    { detail: { seq: 2, tab: 'headers' }, list: { selected: 2 } },
  ],
  [
    'the next tab, round and round',
    { ...opened, detail: openDetail(3, 'timeline') },
    { type: 'tab', tab: 'next' },
    { detail: { tab: 'payload' } },
  ],
  ['a tab by its name', opened, { type: 'tab', tab: 'attempts' }, { detail: { tab: 'attempts' } }],
  [
    'the filter line begins with the filter',
    filtered,
    { type: 'edit-filter' },
    { filter: { editor: { text: 'job:x', cursor: 5 } } },
  ],
  [
    'typing into it',
    editing,
    { type: 'insert', text: 'y' },
    { filter: { editor: { text: 'job:xy' }, error: null } },
  ],
  [
    'an error in it',
    editing,
    { type: 'insert', text: ' AND' },
    { filter: { error: { message: expect.any(String) } } },
  ],
  [
    'applying one that is wrong does nothing',
    typing(' AND'),
    { type: 'apply-filter' },
    { filter: { applied: 'job:x', editor: { text: 'job:x AND' } } },
  ],
  [
    'applying it begins the list anew',
    typing('y'),
    { type: 'apply-filter' },
    { filter: { applied: 'job:xy', editor: null, matches: null }, list: { rows: [] }, epoch: 1 },
  ],
  [
    'applying the same keeps the list',
    editing,
    { type: 'apply-filter' },
    { filter: { matches: 3, editor: null }, list: { selected: 3 }, epoch: 0 },
  ],
  [
    'a mark, and on to the next',
    listed,
    { type: 'mark' },
    { marks: { deliveries: [3] }, list: { selected: 2 } },
  ],
  ['a mark where there is nothing', empty, { type: 'mark' }, { marks: noMarks }],
  ['a mark in the detail', opened, { type: 'mark' }, { marks: { deliveries: [3] } }],
  [
    'no marks',
    { ...listed, marks: { deliveries: [1], attempts: [] } },
    { type: 'unmark' },
    { marks: noMarks },
  ],
  [
    'a form',
    { ...listed, notice },
    { type: 'form', form: 'retry' },
    { form: { state: { id: 'retry', at: 'what' } }, notice: null },
  ],
  ['its next field', inForm, { type: 'field', by: 1 }, { form: { state: { at: 'count' } } }],
  ['run, it closes', inForm, { type: 'submit' }, { form: null }],
  [
    'run with something wrong, it stays',
    reduce(reduce(inForm, { type: 'field', by: 1 }, surface), { type: 'insert', text: 'x' }, surface),
    { type: 'submit' },
    { form: { state: { at: 'count' } } },
  ],
  [
    'a form that failed comes back',
    listed,
    { type: 'form-failed', form: inForm.form!, field: 'to', problem: { message: 'no', offset: null } },
    { form: { state: { at: 'to', told: { to: { message: 'no' } } } } },
  ],
  [
    'but not over another',
    asked,
    { type: 'form-failed', form: inForm.form!, field: 'to', problem: { message: 'no', offset: null } },
    { form: null },
  ],
  [
    'secrets shown make all stale',
    opened,
    { type: 'toggle-secrets' },
    { secrets: true, epoch: 1, detail: { stale: true }, list: { stale: { rows: new Set([3, 2, 1]) } } },
  ],
  ['the help', listed, { type: 'help' }, { sheet: { content: { kind: 'help' }, place: start } }],
  [
    'a question says what it would do',
    listed,
    { type: 'ask', task: 'clear' },
    { question: { task: 'clear', text: 'Remove all 3 deliveries and their attempts?' } },
  ],
  ['an answer ends it', asked, { type: 'answer', yes: true }, { question: null }],
  ['another size of the screen', listed, { type: 'fit' }, { list: { inSight: 10 } }],
  [
    'a notice goes when its time has come',
    { ...listed, notice },
    { type: 'tick', now: 2_000 },
    { notice: null, now: 2_000 },
  ],
  ['and not before', { ...listed, notice }, { type: 'tick', now: 1_999 }, { notice }],
  [
    'an answer under another filter is dropped',
    listed,
    { type: 'listed', query: { kind: 'newest', limit: 1 }, page: [], epoch: 7 },
    { list: { rows: [{}, {}, {}] } },
  ],
  ['a delivery is shown', opened, { type: 'shown', seq: 3, data, epoch: 0 }, { detail: { data } }],
  [
    'one that is no longer open is not',
    opened,
    { type: 'shown', seq: 1, data, epoch: 0 },
    { detail: { data: null } },
  ],
  [
    'nor one read with other secrecy',
    opened,
    { type: 'shown', seq: 3, data, epoch: 1 },
    { detail: { data: null } },
  ],
  ['one that is gone closes', opened, { type: 'show-failed', seq: 3 }, { detail: null }],
  ['matches are counted', filtered, { type: 'counted', matches: 9, epoch: 0 }, { filter: { matches: 9 } }],
  [
    'what changed in the open one makes it stale',
    { ...opened, detail: { ...opened.detail!, stale: false } },
    { type: 'happened', events: { ...nothingNew, changed: new Set([3]) }, status, now: 5 },
    { detail: { stale: true }, now: 5 },
  ],
  [
    'what changed elsewhere does not',
    { ...opened, detail: { ...opened.detail!, stale: false } },
    { type: 'happened', events: { ...nothingNew, changed: new Set([1]) }, status, now: 5 },
    { detail: { stale: false } },
  ],
  [
    'what arrives while not following is counted',
    { ...opened, list: { ...list, follow: false, counted: 3 } },
    { type: 'happened', events: { ...nothingNew, arrived: [4, 5] }, status, now: 5 },
    { list: { fresh: 2, selected: 3 } },
  ],
  [
    'marks go with the last delivery',
    { ...listed, marks: { deliveries: [1], attempts: [] } },
    {
      type: 'happened',
      events: { ...nothingNew, removed: true },
      status: { ...status, deliveries: 0 },
      now: 5,
    },
    { marks: noMarks },
  ],
];

test.each(table)('%s', (_, before, action, after) => {
  const frozen = structuredClone(before.list);
  expect(reduce(before, action, surface)).toMatchObject(after);
  expect(before.list).toEqual(frozen); // a state is never changed in place
});

describe('what only the controller or the screen acts on', () => {
  test.each<Action>([
    { type: 'run', task: 'replay' },
    { type: 'edit-replay' },
    { type: 'compare' },
    { type: 'work', how: 'cancel' },
    { type: 'redraw' },
    { type: 'quit' },
  ])('$type leaves the state as it is', (action) => expect(reduce(listed, action, surface)).toBe(listed));
});

test.each<[string, ViewState]>([
  ['list', listed],
  ['detail', opened],
  ['filter', editing],
  ['form', inForm],
  ['sheet', page],
  ['question', asked],
])('the keys of the %s are in force', (context, state) => expect(contextOf(state)).toBe(context));
