import { expect, test } from 'vitest';
import type { WorkStatus } from '../../src/core/session.ts';
import { workLines } from '../../src/tui/work.ts';
import { FakeSession } from '../tui/fixtures/fake-session.ts';

const { current } = new FakeSession(0);
const now = 1_000_000;
const job = (change: Partial<WorkStatus> = {}): WorkStatus => ({
  ...{ id: '1', label: 'replay of #12', total: 120, done: 45, failed: 3, nextAt: null, state: 'running' },
  ...change,
});

const linesOf = (status: Partial<typeof current>, width = 100, most?: number): string[] =>
  workLines({ ...current, ...status }, now, width, most).map((spans) =>
    spans.map(({ text }) => text).join(''),
  );

test('nothing out of the ordinary takes no line', () => expect(linesOf({})).toEqual([]));

test('faults at work are said to be so on purpose, with their seed', () =>
  expect(linesOf({ faults: 'drop:10% lost-ack:1', seed: 42 })).toEqual([
    ' faults  ! on purpose: drop:10% lost-ack:1 · seed 42 · F clears',
  ]));

test('holding, how many are held, and which', () => {
  expect(linesOf({ holding: true })).toEqual([' hold    ‖ holding what comes in · none held yet · H all']);
  expect(linesOf({ holding: true, held: [5, 7] })).toEqual([
    ' hold    ‖ holding what comes in · 2 held: #5 #7 · h lets one go · H all',
  ]);
  expect(linesOf({ held: [7] })[0]).toContain('‖ no longer holding · 1 held: #7');
});

test('a job says how far it is; one that waits counts down in whole seconds', () => {
  expect(linesOf({ work: [job()] })).toEqual([
    ' work    ↻ replay of #12  ■■■□□□□□□□ 45/120, 3 failed · C cancels',
  ]);
  const waiting = (left: number): string =>
    linesOf({ work: [job({ total: null, done: 2, failed: 2, nextAt: now + left })] })[0]!;
  expect(waiting(4_200)).toContain('2 sent, 2 failed · next in 5 s · N now · C cancels');
  expect(waiting(59_001)).toContain('next in 1m 00s');
  expect(waiting(251_000)).toContain('next in 4m 11s');
  expect(waiting(-50)).toContain('next in 0 s');
});

test('three pieces of work have a line each, the others are counted', () => {
  const work = [1, 2, 3, 4, 5].map((id) => job({ id: String(id), label: `job ${id}` }));
  const lines = linesOf({ work });
  expect(lines.map((line) => /job \d|and .*/.exec(line)?.[0])).toEqual([
    'job 3',
    'job 4',
    'job 5',
    'and 2 more',
  ]);
});

test.each([60, 80, 100])('in %i columns the countdown, and how to end a fault, stay in sight', (width) => {
  const lines = linesOf(
    {
      faults: 'duplicate=3,concurrent:10% slow-body=10/s lost-ack:1 status=503:2',
      work: [job({ label: 'replay of 12 deliveries with svix retries', total: null, nextAt: now + 9_000 })],
    },
    width,
  );
  expect(lines[0]).toMatch(/on purpose: duplicate.* · F clears$/);
  expect(lines[1]).toMatch(/replay of .*45 sent, 3 failed · next in 9 s/);
  expect(lines.every((line) => line.length <= width)).toBe(true);
});

test('on a low screen the first lines are all', () =>
  expect(linesOf({ faults: 'drop', holding: true, work: [job()] }, 80, 2)).toHaveLength(2));
