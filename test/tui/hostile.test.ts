import { describe, expect, test } from 'vitest';
import { difference } from '../../src/core/diff.ts';
import type { AttemptRecord, BodyRecord, DeliveryRecord } from '../../src/core/record.ts';
import type { Status } from '../../src/core/session.ts';
import { describeCommands } from '../../src/runtime/describe.ts';
import { textWidth } from '../../src/tui/text.ts';
import { openDetail, tabs } from '../../src/view/detail.ts';
import type { FormId } from '../../src/view/form.ts';
import { helpSections } from '../../src/view/help.ts';
import { answered, emptyList } from '../../src/view/list.ts';
import { reduce } from '../../src/view/reducer.ts';
import { initialState, type ViewState } from '../../src/view/state.ts';
import { start } from '../../src/view/surface.ts';
import { hostileText } from '../support/matchers.ts';
import { draw } from './draw.ts';
import { attemptOf, recordOf, summaryOf } from './fixtures/deliveries.ts';
import { FakeSession } from './fixtures/fake-session.ts';

// Whatever stands in any field that somebody else fills in: no picture holds a character that a terminal obeys, and
// no line is wider than the screen.

const texts: Record<string, string> = {
  'everything at once': hostileText,
  'codes that move the cursor': '\x1b[2J\x1b[H\x1b[1;1Hgone\x1b[?25l',
  'a title and a clipboard': '\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1bP+q\x1b\\',
  'C1 codes': '\x9b31m\x9d0;x\x9c\x85\x90',
  'backspaces and returns': 'safe\b\b\b\bevil\rEVIL\x7f\x00\v\f',
  'turned round': '\u202efdp.exe\u2066\u2069\u061c\u200e\u200f',
  'line separators': 'a\u2028b\u2029c\r\nd\ne',
  'combining marks': `a${'\u0301'.repeat(200)}${'e\u0323'.repeat(100)}`,
  'wide letters': '\u6587\u4ef6\u{1F468}\u200d\u{1F469}\u200d\u{1F467}\u{1F1E6}\u{1F1FA}'.repeat(60),
  'Thai, Devanagari and Arabic':
    '\u0e01\u0e49\u0e33\u0915\u094d\u0937\u093f\u0627\u0644\u0633\u0644\u0627\u0645'.repeat(40),
  'tabs and zero widths': `\t\ta\t${'\u200b\u200d\ufeff\u00ad'.repeat(50)}\ufe0f\u{e0041}`,
  'half surrogates': 'a\ud800b\udfffc\udbff',
  'a very long line': 'x'.repeat(20_000),
  'many lines': 'ab\n'.repeat(2_000),
  'private and unassigned': '\ue000\u{10ffff}\ufffe\uffff\u{1fffe}\u0378',
};

/** Words that say what something is, and are no text of an outsider's. */
const kept = new Set(['kind', 'encoding', 'intake', 'source', 'verdict', 'by', 'state', 'status']);

/** The same value with `text` in the place of every text in it, in names of headers too. */
function filled<T>(value: T, text: string, name = ''): T {
  if (typeof value === 'string') return (kept.has(name) ? value : text) as T;
  if (Array.isArray(value)) return value.map((one) => filled(one, text)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, text, key)])) as T;
}

const bodies = (text: string): BodyRecord[] => {
  const size = text.length;
  const json = JSON.stringify({ [text]: text, list: [{ [text]: [text] }] });
  return [
    { encoding: 'utf8', data: json, size, masked: false },
    { encoding: 'utf8', data: text, size, masked: true },
    { encoding: 'base64', data: Buffer.from(text).toString('base64'), size, masked: false },
    {
      ...{ encoding: 'base64', data: 'AAAA', size, masked: false },
      decoded: { codings: text, text: json, size, whole: false },
    },
    { encoding: 'base64', data: 'AAAA', size, masked: false, undecoded: text },
  ];
};

function record(text: string, body: BodyRecord): DeliveryRecord {
  const summary = { ...summaryOf(4), metadata: JSON.stringify({ [text]: text, b: { [text]: [text] } }) };
  const acknowledgement = { ...summary.acknowledgement!, note: text, faults: [text] };
  const all = { ...recordOf(summary, new Uint8Array(), true), acknowledgement, note: text };
  const verdict = { verdict: 'mismatch', reason: text } as const;
  return {
    ...filled(all, text),
    ...{ metadata: summary.metadata, verification: { secret: verdict, svix: verdict }, body },
  };
}

function attempts(text: string, body: BodyRecord): AttemptRecord[] {
  const made = { ...filled(attemptOf(summaryOf(1), 1, true), text), faults: [text], notes: [text, 'edited'] };
  const headers: [string, string][] = [[text, text]];
  const request = { ...made.request, headers, body };
  return [
    { ...made, request, outcome: { kind: 'response', status: 500, headers, body } },
    { ...made, request, id: 'b', outcome: { kind: 'error', code: 'refused', message: text } },
    { ...made, request, id: 'c', outcome: { kind: 'pending' } },
  ];
}

function status(text: string): Status {
  const base = new FakeSession(3).status();
  const work = {
    id: text,
    label: text,
    total: null,
    done: 1,
    failed: 1,
    nextAt: 5,
    state: 'running',
  } as const;
  return {
    ...base,
    ...{
      faults: text,
      storeProblem: text,
      banner: [text],
      ack: text,
      expectedJobs: [text],
      work: [work, work],
    },
    receiverUrl: text,
    endpoints: [{ name: text, state: 'down', reason: text }],
    tunnel: { ...base.tunnel, state: 'degraded', url: text, reason: text },
    emulator: { url: text, running: 1, ended: 1, faults: text },
  };
}

/** Every picture of a delivery whose fields all hold `text`. */
function* pictures(text: string): Generator<readonly [name: string, state: ViewState]> {
  const nothing = { listRows: 20, tab: null, page: null };
  const initial = initialState(status(text), 0, { edits: true, keys: {}, commands: describeCommands() });
  const [body] = bodies(text);
  const list = answered({ ...emptyList(), inSight: 20 }, { kind: 'newest', limit: 9 }, [record(text, body!)]);
  const filter = { ...initial.filter, applied: text, matches: 3 };
  const listed: ViewState = { ...initial, list, filter, marks: { deliveries: [4], attempts: [] } };
  yield ['list', listed];
  yield ['list, nothing found', { ...listed, list: { ...emptyList(), loaded: true } }];
  yield ['empty list', { ...listed, list: { ...emptyList(), loaded: true }, filter: initial.filter }];
  for (const one of bodies(text)) {
    for (const tab of tabs) {
      // What is closed at first is opened too.
      const folds = new Set(attempts(text, one).flatMap(({ id }) => [`att:${id}`, `req:${id}`]));
      const data = { delivery: record(text, one), attempts: attempts(text, one) };
      yield [`tab ${tab}`, { ...listed, detail: { ...openDetail(4, tab), data, folds } }];
    }
  }
  for (const tone of ['plain', 'good', 'bad', 'warn'] as const)
    yield [`notice ${tone}`, { ...listed, notice: { text, tone, until: null } }];
  yield ['question', { ...listed, question: { text, task: 'clear' } }];
  const editing = reduce(listed, { type: 'edit-filter' }, nothing);
  yield ['filter line', editing];
  yield ['filter line, pasted', reduce(editing, { type: 'insert', text }, nothing)];
  const kind = { name: text, direction: 'app', fields: [], form: text, help: text, example: text } as const;
  for (const form of [
    'replay',
    'duplicate',
    'retry',
    'faults',
    'export',
    'cancel',
    'skip',
    'command',
  ] satisfies FormId[]) {
    const opened = reduce({ ...listed, faultKinds: [kind] }, { type: 'form', form }, nothing);
    const typed = reduce(opened, { type: 'insert', text }, nothing);
    const problem = { message: text, offset: 3 };
    const field = typed.form!.state.at;
    const told = { ...typed.form!.state, told: { [field]: problem, '': problem } };
    yield [`form ${form}`, { ...typed, form: { ...typed.form!, state: told } }];
  }
  const one = {
    start: text,
    headers: [[text, text]] as [string, string][],
    body: Buffer.from(`{"a":${JSON.stringify(text)}}`),
  };
  const requests = difference(one, { start: 'x', headers: [], body: Buffer.from('{}') });
  const sheets: NonNullable<ViewState['sheet']>['content'][] = [
    { kind: 'text', text },
    { kind: 'help', sections: helpSections(listed) },
    { kind: 'difference', before: text, after: text, requests, answers: requests, remark: text },
  ];
  for (const content of sheets)
    yield [`page ${content.kind}`, { ...listed, sheet: { title: text, content, place: start } }];
}

describe.each(Object.entries(texts))('%s', (_, text) => {
  test.each([
    { columns: 40, rows: 10 },
    { columns: 80, rows: 24 },
    { columns: 140, rows: 50 },
  ])('in $columns×$rows: nothing acts, nothing overflows', (size) => {
    const judged = new Set<string>(); // most lines are in many pictures
    for (const [name, state] of pictures(text)) {
      const lines = draw(state, size);
      // A screen is no log of a CI job.
      expect(lines.join('\n'), name).toBePrintable({ commands: /./ });
      for (const line of lines) {
        if (judged.has(line)) continue;
        judged.add(line);
        expect(line, name).not.toMatch(/[\n\t]/);
        expect(textWidth(line), `${name}: ${line}`).toBeLessThanOrEqual(size.columns);
      }
    }
  });
});
