import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { layoutOf } from '../../src/tui/layout.ts';
import { sheetLayout } from '../../src/tui/sheet.ts';
import { createView, type View } from '../../src/view/controller.ts';
import type { EditRequest } from '../../src/view/edit-replay.ts';
import { visibleRows } from '../../src/view/list.ts';
import { draw } from '../tui/draw.ts';
import { FakeSession } from '../tui/fixtures/fake-session.ts';

const size = { columns: 80, rows: 24 };

let session: FakeSession;
let view: View;
let edit: EditRequest;

beforeEach(async () => {
  vi.useFakeTimers();
  session = new FakeSession(50);
  edit = async () => null;
  view = createView(session, {
    edit: (request) => edit(request),
    surface: (state) => layoutOf(state, size).surface,
  });
  await settled();
});

afterEach(() => {
  view.close();
  vi.useRealTimers();
});

const settled = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const press = (...keys: string[]): void => {
  for (const key of keys) view.key(key, key === 'space' ? ' ' : key.length === 1 ? key : undefined);
};
const type = (text: string): void => {
  for (const char of text) view.key(char === ' ' ? 'space' : char, char);
};
const ran = (id: string): unknown[] => session.ran.filter((one) => one.id === id).map(({ args }) => args);
const notice = (): string | undefined => view.state().notice?.text;
const sheetText = (): string => draw(view.state(), { columns: 80, rows: 100 }).join('\n');

describe('marks', () => {
  test('space marks and goes on; a replay takes what is marked, in the order of marking', async () => {
    press('j', 'space', 'space', 'k', 'k', 'k', 'm');
    expect(view.state().marks.deliveries).toEqual([49, 48, 50]);
    expect(view.state().list.selected).toBe(49);
    press('r');
    expect(notice()).toBe('replaying 3 deliveries …');
    await settled();
    expect(ran('replay')).toEqual([{ id: ['49', '48', '50'] }]);
    expect(notice()).toBe('Replayed 3 deliveries: 3 × 200');
  });

  test('a second time takes the mark away, u all of them', () => {
    press('space', 'k', 'space');
    expect(view.state().marks.deliveries).toEqual([]);
    press('space', 'space', 'u');
    expect(view.state().marks.deliveries).toEqual([]);
  });

  test('an opened delivery is what keys act on, whatever is marked', async () => {
    press('space', 'space', 'enter');
    await settled();
    press('r');
    await settled();
    expect(ran('replay')).toEqual([{ id: ['48'] }]);
  });

  test('go when everything is cleared', async () => {
    press('space', 'x', 'y');
    await settled(100);
    expect(view.state().marks.deliveries).toEqual([]);
  });

  test('in the tab of attempts m marks the attempt that the cursor is in', async () => {
    press('j', 'j', 'enter', '3');
    await settled();
    press('m', 'G', 'm');
    expect(view.state().marks).toEqual({
      deliveries: [],
      attempts: [
        { id: 'att_48_3', name: '#48 attempt 3' },
        { id: 'att_48_1', name: '#48 attempt 1' },
      ],
    });
    press('1', 'm');
    expect(view.state().marks.deliveries).toEqual([48]);
  });
});

describe('replay with options', () => {
  test('passes on what was filled in, and nothing else', async () => {
    press('R', 'tab');
    type('3001');
    press('tab', 'ctrl+u');
    type('4');
    press('tab', 'tab');
    type('500ms');
    press('tab', 'tab');
    type('metadata.user_id=7 metadata.name="a b"');
    press('enter');
    expect(view.state().form).toBeNull();
    await settled();
    expect(ran('replay')).toEqual([
      {
        id: ['50'],
        to: '3001',
        times: '4',
        concurrency: '1',
        interval: '500ms',
        set: ['metadata.user_id=7', 'metadata.name="a b"'],
        header: [],
        stale: false,
      },
    ]);
  });

  test('can take what a filter matches', async () => {
    press('/');
    type('status:failed');
    press('enter');
    await settled();
    press('R', 'right', 'enter');
    await settled();
    expect(ran('replay')).toMatchObject([{ filter: 'status:failed' }]);
  });

  test('keeps to what was selected when it was opened, while others come in', async () => {
    press('R');
    session.arrive();
    await settled(100);
    expect(view.state().list.selected).toBe(51);
    press('enter');
    await settled();
    expect(ran('replay')).toMatchObject([{ id: ['50'] }]);
  });

  test('is not run while something in it is wrong: the cursor goes there', async () => {
    press('R', 'tab', 'tab', 'ctrl+u', 'shift+tab', 'shift+tab', 'enter');
    await settled();
    expect(ran('replay')).toEqual([]);
    expect(view.state().form?.state.at).toBe('times');
    press('esc');
    expect(view.state().form).toBeNull();
  });

  test('has its line of faults checked as it is typed', async () => {
    press('R', ...Array<string>(8).fill('tab'));
    type('drop nope');
    await settled();
    expect(view.state().form?.state.told.fault).toEqual({
      message: 'There is no fault "nope": use duplicate, drop',
      offset: 5,
    });
    expect(view.state().faultKinds).toHaveLength(2);
    press('enter');
    await settled();
    expect(ran('replay')).toEqual([]);
    press('ctrl+w');
    await settled();
    expect(view.state().form?.state.told).toEqual({});
  });

  test('what is typed at a form is text, never a key', async () => {
    press('R', 'tab');
    type('qx?rRdf');
    expect(view.state().form?.state.editors.to?.text).toBe('qx?rRdf');
    expect(view.state().question).toBeNull();
  });
});

test('duplicates: how many, and whether at the same instant', async () => {
  press('d', 'tab', 'ctrl+u');
  type('5');
  press('tab', 'space', 'enter');
  await settled();
  expect(ran('duplicate')).toEqual([{ id: ['50'], count: '5', concurrent: false }]);
});

describe('a retry schedule', () => {
  test('is one of the known ones, or pauses; each marked delivery has its own', async () => {
    press('space', 'space', 't', 'tab', 'left');
    expect(view.state().form?.state.chosen.schedule).toBe('custom');
    press('tab', 'ctrl+u');
    type('1s,2x');
    press('enter');
    await settled();
    expect(ran('retry')).toEqual([]);
    press('backspace');
    type('s');
    press('tab', 'ctrl+u');
    type('100');
    press('enter');
    await settled();
    expect(ran('retry')).toEqual([
      { id: '50', schedule: '1s,2s', timeScale: '100' },
      { id: '49', schedule: '1s,2s', timeScale: '100' },
    ]);
    expect(notice()).toBe('#49 was taken after 1 attempt: 200 in 7 ms');
  });

  test('of one job it is cancelled or hurried at once, of several it is asked which', async () => {
    press('C');
    await settled();
    expect(notice()).toBe('Nothing is under way.');
    const job = {
      label: 'retries',
      total: null,
      done: 2,
      failed: 2,
      nextAt: Date.now() + 9_000,
      state: 'running',
    } as const;
    session.set({ work: [{ ...job, id: '1' }] });
    await settled(100);
    press('N');
    await settled();
    expect(ran('skip')).toEqual([{ id: '1' }]);
    session.set({
      work: [
        { ...job, id: '1' },
        { ...job, id: '2', label: 'others' },
      ],
    });
    await settled(100);
    press('C');
    expect(ran('cancel')).toEqual([]);
    expect(view.state().form?.state.chosen.work).toBe('2');
    press('right', 'enter');
    await settled();
    expect(ran('cancel')).toEqual([{ id: '1' }]);
    expect(notice()).toBe('Cancelled after 2 attempts: what was sent stays recorded');
  });

  test('counts down while nothing else happens', async () => {
    const job = { id: '1', label: 'retries', total: null, done: 1, failed: 1, state: 'running' } as const;
    session.set({ work: [{ ...job, nextAt: Date.now() + 60_000 }] });
    await settled(100);
    const before = view.state().now;
    await settled(3_000);
    expect(view.state().now - before).toBeGreaterThanOrEqual(2_000);
  });
});

describe('faults', () => {
  test('begin with those at work; Enter puts the line to work, F takes all away', async () => {
    session.set({ faults: 'drop:10%', seed: 4 });
    await settled(100);
    press('f');
    expect(view.state().form?.state.editors).toMatchObject({
      fault: { text: 'drop:10%' },
      seed: { text: '4' },
    });
    type(' duplicate=2');
    press('enter');
    await settled();
    expect(ran('faults').at(-1)).toEqual({ set: 'drop:10% duplicate=2', seed: '4' });
    expect(notice()).toBe('From now on, on purpose: drop:10% duplicate=2 (seed 4)');
    press('F');
    await settled(100);
    expect(ran('faults').at(-1)).toEqual({ set: '' });
    expect(view.state().status.faults).toBe('');
    press('F');
    await settled();
    expect(notice()).toBe('No faults are at work.');
  });
});

describe('hold and release', () => {
  test('h holds; on one that is held it lets that go, H lets all go', async () => {
    press('h');
    await settled(100);
    expect(view.state().status.holding).toBe(true);
    session.set({ held: [48, 49, 50] });
    await settled(100);
    press('j', 'h');
    await settled(100);
    expect(ran('release')).toEqual([{ id: ['49'] }]);
    expect(notice()).toBe('Released #49 · 2 still held');
    press('H');
    await settled(100);
    expect(view.state().status).toMatchObject({ holding: false, held: [] });
    expect(notice()).toBe('Holding ended, 2 deliveries released');
    press('H');
    await settled();
    expect(notice()).toBe('Nothing is held.');
  });

  test('marked ones go in the order of marking; on none that is held it ends holding', async () => {
    session.set({ holding: true, held: [48, 49] });
    await settled(100);
    press('j', 'j', 'space', 'k', 'k', 'space', 'h');
    await settled(100);
    expect(ran('release')).toEqual([{ id: ['48', '49'] }]);
    press('h');
    await settled(100);
    expect(view.state().status.holding).toBe(false);
  });
});

describe('edit and replay', () => {
  test('sends what came back, and says so', async () => {
    edit = async ({ headers, body }) => ({
      headers: headers.map(([name, value]) => [name, value]),
      body: btoa(body.data.replace('1.50', '2.50')),
    });
    press('j', 'j', 'e');
    await settled();
    const [{ id, draft }] = ran('replay') as [{ id: string; draft: { body: string } }];
    expect(id).toBe('48');
    // With the secrets, although the screen masks them.
    expect(atob(draft.body)).toContain('"credits":2.50');
    expect(atob(draft.body)).toContain('hunter48');
    expect(notice()).toBe('Replayed #48, edited: 200 in 7 ms · what differs: D in Attempts');
  });

  test.each<[string, EditRequest, string]>([
    ['emptied', async () => null, 'Nothing was sent.'],
    [
      'left as it was',
      async () => 'unchanged',
      'Nothing was changed, so nothing was sent; r replays it as it is.',
    ],
  ])('sends nothing of a request that was %s', async (_, editor, told) => {
    edit = editor;
    press('j', 'j', 'e');
    await settled();
    expect(ran('replay')).toEqual([]);
    expect(notice()).toBe(told);
  });

  test('is not there where there is no editor', async () => {
    const bare = createView(session);
    await settled();
    bare.key('e');
    await settled();
    expect(bare.state().notice?.text).toBe('There is no editor here.');
    bare.close();
  });
});

test('a replay says how it was signed', async () => {
  session.notes = ['signed anew, same svix-id'];
  press('r');
  await settled();
  expect(notice()).toBe('Replayed #50: 200 in 7 ms · signed anew, same svix-id');
});

describe('differences', () => {
  beforeEach(() => {
    session.difference = {
      start: null,
      headers: [
        { name: 'Host', before: 'a', after: 'b' },
        { name: 'x-trace', before: '1', after: null },
      ],
      body: {
        kind: 'lines',
        json: true,
        hunks: [
          {
            ...{ beforeStart: 1, beforeLines: 2, afterStart: 1, afterLines: 2 },
            lines: [
              { kind: 'same', text: '{' },
              { kind: 'removed', text: '"a": 1' },
              { kind: 'added', text: '"a": \x1b2' },
            ],
          },
        ],
      },
    };
  });

  test('of two marked deliveries, the older first, with colours and nothing that a terminal would execute', async () => {
    press('space', 'space', 'D');
    await settled();
    expect(ran('diff')).toEqual([{ before: '49', after: '50', secrets: false }]);
    const { sheet } = view.state();
    expect(sheet!.title).toBe('How #49 and #50 differ');
    const { rows } = sheetLayout(sheet!, 80, 100);
    expect(rows).toContainEqual([{ text: '- "a": 1', tone: 'bad' }]);
    expect(rows).toContainEqual([{ text: '+ "a": \\x1b2', tone: 'good' }]);
    expect(rows).toContainEqual([{ text: '- x-trace: 1', tone: 'bad' }]);
    expect(sheetText()).toContain('Set anew each time it is sent: Host');
    expect(sheetText()).toContain('Secrets are masked');
  });

  test('of one marked and the selected one; of none it says how', async () => {
    press('D');
    await settled();
    expect(notice()).toContain('Mark two deliveries with Space');
    press('space', 'j', 'D');
    await settled();
    expect(ran('diff')).toMatchObject([{ before: '50', after: '48' }]);
  });

  test('of three says that these are too many', async () => {
    press('space', 'space', 'space', 'D');
    await settled();
    expect(notice()).toContain('Two are compared, and 3 are marked');
  });

  test('of an attempt and its delivery; of two attempts with the answers of the app', async () => {
    press('j', 'j', 'enter', '3');
    await settled();
    press('D');
    await settled();
    expect(ran('diff')).toEqual([{ before: '48', after: 'att_48_3', secrets: false }]);
    press('esc', 'm', 'G', 'D');
    await settled();
    expect(ran('diff').slice(1)).toEqual([
      { before: 'att_48_1', after: 'att_48_3', secrets: false },
      { before: 'att_48_1', after: 'att_48_3', secrets: false, answers: true },
    ]);
    expect(sheetText()).toContain("The app's answers");
  });

  test('that are none are said to be none', async () => {
    session.difference = { start: null, headers: [], body: { kind: 'same' } };
    press('space', 'space', 'D');
    await settled();
    expect(sheetText()).toContain('What was sent is the same.');
  });
});

describe('export', () => {
  test('writes what is marked, else what the filter matches, else the selected one', async () => {
    press('E', 'enter');
    await settled();
    press('/');
    type('status:failed');
    press('enter');
    await settled();
    press('E', 'enter');
    await settled();
    press('space', 'space', 'E', 'tab', 'right', 'enter');
    await settled();
    expect(ran('export')).toEqual([
      { id: ['50'], format: 'ndjson', file: 'deliveries.ndjson', secrets: false },
      { filter: 'status:failed', format: 'ndjson', file: 'deliveries.ndjson', secrets: false },
      { id: ['50', '45'], format: 'har', file: 'deliveries.har', secrets: false },
    ]);
    expect(notice()).toBe('Wrote 2 deliveries to deliveries.har · secrets masked');
  });

  test('is scrubbed when asked for, with the paths that are named; secrets are then no question', async () => {
    press('E', 'tab', 'tab', 'tab', 'right', 'tab');
    type('metadata.customer header:x-user');
    press('enter');
    await settled();
    expect(ran('export')).toEqual([
      {
        ...{ id: ['50'], format: 'ndjson', file: 'deliveries.ndjson', secrets: false, scrub: true },
        ...{ scrubPath: ['metadata.customer', 'header:x-user'], scrubKeep: [] },
      },
    ]);
    expect(notice()).toContain(' · scrubbed');
  });

  test('comes back when the file is there already, with what was filled in', async () => {
    press('E', 'tab', 'tab', 'ctrl+u');
    type('taken');
    press('enter');
    await settled();
    const form = view.state().form!.state;
    expect(form).toMatchObject({
      at: 'file',
      told: { file: { message: 'taken exists: choose another name.' } },
    });
    expect(form.editors.file?.text).toBe('taken');
    expect(view.state().notice).toBeNull();
  });
});

test('with no delivery every key says so, and nothing is run', async () => {
  session.deliveries = [];
  session.emit({ type: 'removed' });
  await settled(100);
  expect(visibleRows(view.state().list)).toEqual([]);
  session.ran = [];
  for (const key of ['r', 'R', 'e', 'd', 't', 'E']) {
    press(key);
    await settled();
    expect([key, notice(), view.state().form]).toEqual([key, 'There is no delivery yet.', null]);
    view.dispatch({ type: 'notice', notice: null });
  }
  press('space', 'D');
  await settled();
  expect(session.ran.filter(({ id }) => !['list', 'filter'].includes(id))).toEqual([]);
});
