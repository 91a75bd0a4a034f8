import { expect, test } from 'vitest';
import { type DetailLayout, detailLayout } from '../../src/tui/detail.ts';
import {
  type DetailState,
  fold,
  openDetail,
  placeOf,
  scrollBy,
  type Tab,
  toTab,
} from '../../src/view/detail.ts';
import { initialState } from '../../src/view/state.ts';
import { timeline } from '../../src/view/timeline.ts';
import { textOf } from './draw.ts';
import { attemptOf, bodyOf, recordOf, summaryOf } from './fixtures/deliveries.ts';
import { FakeSession } from './fixtures/fake-session.ts';

const state = initialState(new FakeSession(0).status(), 0);
/** In the size in which eight rows of the tab are in sight. */
const layout = (detail: DetailState): DetailLayout => {
  const { about } = detailLayout(state, detail, 80, 20);
  return detailLayout(state, detail, 80, about.length + 3 + 8);
};

function opened(seq: number, tab: Tab = 'payload'): DetailState {
  const summary = summaryOf(seq);
  const attempts = Array.from({ length: summary.attempts }, (_, i) => attemptOf(summary, i + 1, false));
  const data = { delivery: recordOf(summary, bodyOf(seq), false), attempts };
  return { ...openDetail(seq, tab), data, stale: false };
}

const rows = (detail: DetailState): string[] => {
  const { lines } = layout(detail);
  return Array.from({ length: lines.count }, (_, i) => textOf(lines.at(i).spans));
};
const scroll = (detail: DetailState, by: number): DetailState => scrollBy(detail, layout(detail).rows, by);
const folded = (detail: DetailState, how: 'open' | 'close' | 'toggle'): DetailState =>
  fold(detail, layout(detail).rows, how);
const place = (detail: DetailState): ReturnType<typeof placeOf> => placeOf(detail, layout(detail).rows);

test('the payload is a tree; folding from inside closes what surrounds the cursor', () => {
  let detail = scroll(opened(1), 6);
  expect(rows(detail)[6]).toContain('"user_id": 101');
  detail = folded(detail, 'close');
  expect(rows(detail)[5]).toBe('  ▸ "metadata": {…},  2 keys');
  expect(place(detail).cursor).toBe(5);
  expect(rows(folded(detail, 'open'))[5]).toBe('  ▾ "metadata": {');
  expect(rows(folded(detail, 'toggle'))[5]).toBe('  ▾ "metadata": {');
});

test('the cursor stays on the screen', () => {
  const detail = scroll(opened(1), 1_000);
  const { count } = layout(detail).rows;
  expect(place(detail)).toEqual({ cursor: count - 1, top: count - 8 });
  expect(place(scroll(detail, -1_000))).toEqual({ cursor: 0, top: 0 });
});

test('what is no Reducto payload says why, as text or as a hex dump', () => {
  expect(rows(opened(7))).toEqual([
    "Not a Reducto payload: the body is not JSON: Unexpected token 'p'",
    '',
    'plain text',
    'with \\x1b[31mescapes\\x1b[0m and no JSON',
  ]);
  expect(rows(opened(14))[2]).toMatch(/^00000000 {2}c8 ed 12 37/);
});

test('tabs go round, each keeps its place', () => {
  const down = scroll(opened(1), 3);
  const round = ['next', 'next', 'next', 'next', 'next'] as const;
  expect(place(toTab(down, 'next')).cursor).toBe(0);
  const back = round.reduce<DetailState>(toTab, down);
  expect([back.tab, place(back).cursor]).toEqual(['payload', 3]);
  expect(toTab(down, 'previous').tab).toBe('timeline');
});

test('attempts: the newest is open, requests are closed', () => {
  const detail = opened(6, 'attempts');
  const heads = rows(detail).filter((row) => /^. #/.test(row));
  expect(heads.map((row) => row.slice(0, 12))).toEqual(['▾ #3 retry  ', '▸ #2 retry  ', '▸ #1 forward']);
  expect(rows(detail)).toContain('  ▸ Request  POST http://localhost:3000/webhook');
  expect(rows(detail)).toContain('    ▾ {');
  expect(rows(folded(detail, 'close'))).toHaveLength(3);
});

test('the timeline is in order, with the time since the delivery came', () => {
  const { data } = opened(6);
  expect(timeline(data!).map(({ title, at }) => [title, at - data!.delivery.receivedAt])).toEqual([
    ['received', 0],
    ['attempt 1 began', 3],
    ['attempt 1 failed', 5],
    ['sender answered', 40],
    ['attempt 2 began', 2003],
    ['attempt 2 failed', 2005],
    ['attempt 3 began', 4003],
    ['attempt 3 answered', 5435],
  ]);
});

test('headers are in their order, secrets masked', () => {
  expect(rows(opened(1, 'headers'))).toEqual([
    'Host: calm-otter-42.loca.lt',
    'Content-Type: application/json',
    'Authorization: ••••••',
    'X-Odd: café \\x1b]0;title\\x07',
  ]);
});
