import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { helpSections } from '../../src/view/help.ts';
import { defaultKeys, type UserKeys } from '../../src/view/keys/defaults.ts';
import { hintsOf, rowOfKey } from '../../src/view/keys/keymap.ts';
import { keyFor } from '../../src/view/keys/labels.ts';
import { keysMarkdown } from '../../src/view/keys/reference.ts';
import { keyTable } from '../../src/view/keys/table.ts';
import { parseUserKeys } from '../../src/view/keys/user-keys.ts';
import { answered, emptyList } from '../../src/view/list.ts';
import { reduce } from '../../src/view/reducer.ts';
import { initialState, type ViewState } from '../../src/view/state.ts';
import { summaryOf } from '../tui/fixtures/deliveries.ts';
import { FakeSession } from '../tui/fixtures/fake-session.ts';

const surface = { listRows: 20, tab: null, page: null };
const empty = (keys: UserKeys = {}): ViewState =>
  initialState(new FakeSession(0).status(), 0, { edits: true, keys });
const listed = (keys: UserKeys = {}): ViewState => ({
  ...empty(keys),
  list: answered(emptyList(), { kind: 'newest', limit: 100 }, [summaryOf(2), summaryOf(1)]),
});
const question = (state: ViewState): ViewState => ({ ...state, question: { text: '?', task: 'clear' } });
const command = (state: ViewState, key: string): string | undefined => rowOfKey(state, key)?.command;
const hinted = (state: ViewState): string[] => hintsOf(state, surface).map(({ row }) => row.command);

describe('the table', () => {
  test('has a row for each command, and none twice', () => {
    const names = keyTable.map((row) => row.command);
    expect([...names].sort()).toEqual(Object.keys(defaultKeys).sort());
  });

  test('no key means two things in one context', () => {
    expect(parseUserKeys({}, 'x')).toEqual({});
  });

  test('what can be typed into a filter is typed', () => {
    const filtering = reduce(empty(), { type: 'edit-filter' }, surface);
    for (const letter of 'abcdefghijklmnopqrstuvwxyz/?[]<>0123456789')
      expect(rowOfKey(filtering, letter)).toBeNull();
  });

  test('the same key does what fits the place', () => {
    expect(command(listed(), 'y')).toBe('copy-curl');
    expect(command(question(listed()), 'y')).toBe('yes');
    expect(command(reduce(empty(), { type: 'edit-filter' }, surface), 'ctrl+c')).toBe('quit-at-once');
  });

  test('help and reference show every command and every field', () => {
    const help = helpSections(listed())
      .flatMap(({ rows }) => rows)
      .flat()
      .join('\n');
    for (const row of keyTable)
      if (!['Question', 'Page'].includes(row.category)) expect(help).toContain(row.help);
    expect(help).toContain('metadata.user_id:123');
    const markdown = keysMarkdown();
    expect(markdown).toContain('| `c` | `copy-url` | list, detail | copy the public URL |');
    for (const row of keyTable) expect(markdown).toContain(`| \`${row.command}\` |`);
  });
});

describe('what a command can not do right now', () => {
  test('is not hinted at', () => {
    expect(hinted(empty())).not.toContain('replay');
    expect(hinted(empty())).toEqual(expect.arrayContaining(['faults', 'help', 'quit']));
    expect(hinted(listed())).toEqual(expect.arrayContaining(['open', 'replay', 'hold']));
    expect(hinted(listed())).not.toContain('compare');
    const marked = { ...listed(), marks: { deliveries: [1, 2], attempts: [] } };
    expect(hinted(marked)).toContain('compare');
  });

  test.each<[string, Partial<ViewState>, string]>([
    ['replay', {}, 'There is no delivery yet.'],
    ['replay', { filter: { ...empty().filter, applied: 'job:x' } }, 'No delivery matches the filter.'],
    ['cancel', {}, 'Nothing is under way.'],
    ['next-attempt', {}, 'Nothing is under way.'],
    ['let-all-go', {}, 'Nothing is held.'],
    ['clear-faults', {}, 'No faults are at work.'],
    ['unmark', {}, 'Nothing is marked.'],
    ['remove-filter', {}, 'There is no filter: everything is shown.'],
    ['clear', {}, 'There is no delivery yet.'],
    ['edit-and-replay', { ...listed(), host: { edits: false, keys: {} } }, 'There is no editor here.'],
    ['view-job', answeredWith({ ...summaryOf(2), jobId: null }), '#2 tells of no job.'],
    ['fold', {}, 'Nothing folds in this tab.'],
  ])('%s says why', (name, change, why) => {
    const row = keyTable.find((each) => each.command === name)!;
    expect(row.whyNot!({ ...empty(), ...change }, surface)).toBe(why);
  });

  test('and says why in one line, everywhere', () => {
    for (const row of keyTable) {
      const why = row.whyNot?.(empty(), surface) ?? '';
      expect([row.command, why]).toEqual([row.command, expect.stringMatching(/^([A-Z][^\n]{1,90}\.)?$/)]);
    }
  });
});

function answeredWith(summary: ReturnType<typeof summaryOf>): Partial<ViewState> {
  return { list: answered(emptyList(), { kind: 'newest', limit: 100 }, [summary]) };
}

describe('what a command does depends on what there is', () => {
  const hintFor = (state: ViewState, name: string): string | undefined =>
    hintsOf(state, surface).find(({ row }) => row.command === name)?.text;

  test('a hint says it', () => {
    const marked = { ...listed(), marks: { deliveries: [1, 2], attempts: [] } };
    expect([hintFor(listed(), 'replay'), hintFor(marked, 'replay')]).toEqual(['replay', 'replay 2']);
    const holding = { ...listed(), status: { ...listed().status, holding: true } };
    const held = { ...holding, status: { ...holding.status, held: [2] } };
    expect([listed(), holding, held].map((state) => hintFor(state, 'hold'))).toEqual([
      'hold',
      'hold no more',
      'let go',
    ]);
    expect(hintFor({ ...listed(), secrets: true }, 'show-secrets')).toBe('hide secrets');
  });

  test('what is under way comes first', () => {
    const work = {
      ...{ id: '1', label: 'x', total: 1, done: 0, failed: 0, state: 'running' as const },
      nextAt: 5,
    };
    const state = { ...listed(), status: { ...listed().status, work: [work] } };
    expect(hinted(state).slice(0, 2)).toEqual(['next-attempt', 'cancel']);
  });
});

describe('keys of the user', () => {
  test('may be those of the example in docs/', () => {
    const [, example] = /```json\n(.*?)\n```/s.exec(readFileSync('docs/keys.md', 'utf8'))!;
    const { keys } = JSON.parse(example!) as { keys: unknown };
    expect(parseUserKeys(keys, 'docs')).toMatchObject({ replay: ['ctrl+r'], clear: [] });
  });

  test('stand for the command, in hints, help and sentences; the old ones do nothing', () => {
    const keys = parseUserKeys({ replay: ['ctrl+r', 'Z'], clear: [] }, 'config');
    const state = listed(keys);
    expect([command(state, 'ctrl+r'), command(state, 'Z'), command(state, 'r')]).toEqual([
      'replay',
      'replay',
      undefined,
    ]);
    expect(command(state, 'x')).toBeUndefined();
    expect(keyFor(state, 'replay')).toBe('Ctrl-R');
    expect(keyFor(state, 'clear')).toBe('"clear" (no key)');
    expect(hinted(state)).not.toContain('clear');
    const terms = helpSections(state).flatMap(({ rows }) => rows.map(([term]) => term));
    expect(terms).toContain('Ctrl-R Z');
    expect(terms).toContain('(no key)');
  });

  test.each([
    ['Ctrl-R', 'ctrl+r'],
    ['CTRL+R', 'ctrl+r'],
    ['PgUp', 'pageup'],
    ['Escape', 'esc'],
    ['Return', 'enter'],
    ['↑', 'up'],
    ['Shift-Tab', 'shift+tab'],
    ['é', 'é'],
    ['R', 'R'],
  ])('%s is a way to write a key', (written, name) => {
    expect(
      parseUserKeys({ replay: [written], 'replay-with-options': [], ...freed }, 'config').replay,
    ).toEqual([name]);
  });

  // Whatever has one of those keys.
  const freed = {
    ...{ up: 'ctrl+p', 'page-up': [], open: 'ctrl+o', 'fold-or-unfold': 'ctrl+g', 'previous-tab': [] },
    ...{ 'back-to-list': 'ctrl+t', 'remove-filter': [] },
  };

  test.each<[unknown, string]>([
    [[], 'config: write commands with their keys, as in {"replay": "ctrl+r"}.'],
    [{ repla: 'x' }, 'config: there is no command "repla": docs/keys.md has their names, such as "replay".'],
    [{ constructor: 'x' }, 'there is no command "constructor"'],
    [
      { replay: 'hyper+x' },
      'config: "replay": there is no key "hyper+x": use a character, ctrl+ a letter, or up,',
    ],
    [{ replay: 'xy' }, 'there is no key "xy"'],
    [{ replay: '' }, 'there is no key ""'],
    [{ replay: '\x1b' }, 'there is no key'],
    [{ replay: 'ctrl+i' }, '"ctrl+i" and Tab are one key in a terminal: write "tab".'],
    [{ replay: 3 }, 'config: "replay": write a key, or several as in ["x", "ctrl+x"].'],
    [
      { replay: 'x' },
      'x would be both "replay" and "clear" in the list: give one of them another key, or none',
    ],
    [{ hold: 'ctrl+k', faults: 'Ctrl-K' }, 'Ctrl-K would be both "faults" and "hold" in the list'],
    [{ 'quit-at-once': 'x' }, '"quit-at-once" is always Ctrl-C: leave it out.'],
    [{ replay: 'ctrl+c' }, 'Ctrl-C would be both "replay" and "quit-at-once"'],
    [{ 'leave-form': [] }, '"leave-form" needs a key: without it there is no way out.'],
    [{ 'apply-filter': 'x' }, '"apply-filter": "x" is text in the filter line: use a key such as ctrl+r.'],
    [{ 'run-form': 'Space' }, '"run-form": "space" is text in the form'],
  ])('%j is wrong, and it is said what to do', (given, message) => {
    let said = '';
    try {
      parseUserKeys(given, 'config');
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(message);
    expect(said).not.toContain('\n');
  });
});
