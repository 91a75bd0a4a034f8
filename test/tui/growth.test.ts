import { describe, test } from 'vitest';
import { difference } from '../../src/core/diff.ts';
import type { AttemptRecord, DeliveryRecord } from '../../src/core/record.ts';
import { openDetail, type Tab, tabs } from '../../src/view/detail.ts';
import { answered, emptyList } from '../../src/view/list.ts';
import { reduce } from '../../src/view/reducer.ts';
import { initialState, type ViewState } from '../../src/view/state.ts';
import { start } from '../../src/view/surface.ts';
import { expectLinear } from '../support/growth.ts';
import { draw } from './draw.ts';
import { attemptOf, recordOf, summaryOf } from './fixtures/deliveries.ts';
import { FakeSession } from './fixtures/fake-session.ts';

// Whatever an outsider sends, drawing it costs time in proportion to what is laid out, and what is laid out is bounded.

const screen = { columns: 100, rows: 30 };

/** Texts of about `n` UTF-16 units that are hard to measure, to cut, or to lay out. */
const hostile: Record<string, (n: number) => string> = {
  'Latin letters': (n) => 'x'.repeat(n),
  Chinese: (n) => '\u6587\u4ef6\u5206\u6790'.repeat(n / 4),
  'many Chinese letters': (n) =>
    Array.from({ length: n }, (_, i) => String.fromCharCode(0x4e00 + (i % 20_000))).join(''),
  'combining marks': (n) => `a${'\u0301'.repeat(n)}`,
  'letters with marks': (n) => 'e\u0301'.repeat(n / 2),
  'family emoji': (n) => '\u{1F468}\u200d\u{1F469}\u200d\u{1F467}'.repeat(n / 8),
  'emoji joined without end': (n) => '\u{1F468}\u200d'.repeat(n / 3),
  flags: (n) => '\u{1F1E6}'.repeat(n / 2),
  'Hangul letters': (n) => '\u1100'.repeat(n),
  Devanagari: (n) => '\u0915\u094d\u0937\u093f'.repeat(n / 4),
  'variation selectors': (n) => `\u2764${'\ufe0f'.repeat(n)}`,
  'bidi overrides': (n) => '\u202e'.repeat(n),
  'zero-width spaces': (n) => '\u200b'.repeat(n),
  'half surrogates': (n) => '\ud800'.repeat(n),
  tabs: (n) => '\t'.repeat(n),
  spaces: (n) => ' '.repeat(n),
  words: (n) => 'ab '.repeat(n / 3),
  'escape codes': (n) => '\x1b[31m'.repeat(n / 5),
  'line breaks': (n) => '\n'.repeat(n),
};

/** JSON documents of about `n` characters. */
const documents: Record<string, (n: number) => string> = {
  'many keys': (n) => `{${Array.from({ length: n / 10 }, (_, i) => `"k${i}":${i % 10}`).join(',')}}`,
  'many numbers': (n) => `[${'1,'.repeat(n / 2)}1]`,
  '400 levels, again and again': (n) =>
    `[${Array.from({ length: n / 800 }, () => '['.repeat(400) + ']'.repeat(400)).join(',')}]`,
  'one key again and again': (n) => `{${'"a":1,'.repeat(n / 6)}"a":2}`,
  'a key of all': (n) => `{"${'k'.repeat(n)}":1}`,
};

const initial = initialState(new FakeSession(0).status(), 0);

function record(text: string, data: string): DeliveryRecord {
  const summary = {
    ...summaryOf(1),
    jobId: text,
    target: `/${text}`,
    metadata: JSON.stringify({ a: text }),
    note: text,
  };
  return {
    ...recordOf(summary, new Uint8Array(), true),
    headers: [[text.slice(0, 50_000), text]],
    remoteAddress: text,
    body: { encoding: 'utf8', data, size: data.length, masked: false },
  };
}

function attempt(text: string, data: string): AttemptRecord {
  const made = attemptOf(summaryOf(2), 1, true);
  return {
    ...made,
    endpoint: text,
    faults: [text],
    notes: [text],
    request: { ...made.request, url: text, headers: [['a', text]] },
    outcome: {
      kind: 'response',
      status: 200,
      headers: [['b', text]],
      body: { encoding: 'utf8', data, size: data.length, masked: false },
    },
  };
}

/** The ways to look at a delivery. */
const lookNames = ['list', ...tabs, 'page of text', 'difference', 'filter line'] as const;
type Look = (typeof lookNames)[number];

/** Every way to look at a delivery with a hostile text in it. */
function looks(text: string, data: string): Record<Look, () => string[]> {
  const delivery = record(text, data);
  const list = answered({ ...emptyList(), inSight: 20 }, { kind: 'newest', limit: 100 }, [delivery]);
  const listed: ViewState = {
    ...initial,
    list,
    filter: { ...initial.filter, applied: text },
    notice: { text, tone: 'bad', until: null },
    status: {
      ...initial.status,
      ...{ faults: text, storeProblem: text, banner: [text] },
      endpoints: [{ name: text, state: 'down', reason: text }],
      tunnel: { ...initial.status.tunnel, state: 'degraded', reason: text },
    },
  };
  const requests = difference(
    { start: text, headers: [['a', text]], body: Buffer.from(`{"a":${JSON.stringify(text)}}`) },
    { start: 'x', headers: [], body: Buffer.from('{}') },
  );
  const sheet = (content: NonNullable<ViewState['sheet']>['content']): ViewState => ({
    ...initial,
    sheet: { title: text, content, place: start },
  });
  const opened = (tab: Tab): ViewState => ({
    ...listed,
    detail: { ...openDetail(1, tab), data: { delivery, attempts: [attempt(text, data)] } },
  });
  // A state of its own each time, or it would not be laid out again.
  const drawing = (state: ViewState) => (): string[] => draw(structuredClone(state), screen);
  const searching = (): string[] => {
    const surface = { listRows: 20, tab: null, page: null };
    const editing = reduce({ ...initial, list }, { type: 'edit-filter' }, surface);
    return draw(reduce(editing, { type: 'insert', text: text.slice(0, 2_000) }, surface), screen);
  };
  return {
    list: drawing(listed),
    payload: drawing(opened('payload')),
    headers: drawing(opened('headers')),
    attempts: drawing(opened('attempts')),
    raw: drawing(opened('raw')),
    timeline: drawing(opened('timeline')),
    'page of text': drawing(sheet({ kind: 'text', text: data })),
    'filter line': searching,
    difference: drawing(
      sheet({ kind: 'difference', before: text, after: 'b', requests, answers: requests, remark: text }),
    ),
  };
}

const lookAt =
  (name: Look, make: (size: number) => readonly [text: string, data: string]) =>
  (size: number): (() => string[]) =>
    looks(...make(size))[name];

describe.each(lookNames)('looking at %s grows in proportion to it', (name) => {
  test.each(Object.entries(hostile))('text of %s', async (_, make) => {
    await expectLinear(
      lookAt(name, (n) => [make(n), JSON.stringify({ a: make(n) })] as const),
      2_000,
    );
  });

  test.each(Object.entries(documents))('JSON with %s', async (_, make) => {
    await expectLinear(
      lookAt(name, (n) => ['x', make(n)] as const),
      4_000,
    );
  });
});
