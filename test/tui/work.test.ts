import { expect, test, vi } from 'vitest';
import type { CheckRunStatus, WorkStatus } from '../../src/core/session.ts';
import { layoutOf } from '../../src/tui/layout.ts';
import { workLines } from '../../src/tui/work.ts';
import { createView } from '../../src/view/controller.ts';
import { initialState } from '../../src/view/state.ts';
import { draw } from './draw.ts';
import { FakeSession } from './fixtures/fake-session.ts';

const { current } = new FakeSession(0);
const now = 1_000_000;
const size = { columns: 110, rows: 24 };
const job = (change: Partial<WorkStatus> = {}): WorkStatus => ({
  ...{ id: '1', label: 'replay of #12', total: 120, done: 45, failed: 3, nextAt: null, state: 'running' },
  ...change,
});

const linesOf = (status: Partial<typeof current>, width = 100, most?: number): string[] =>
  workLines(initialState({ ...current, ...status }, now), width, most).map((spans) =>
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

test('the run of the checks has a line in the head, and a page with its rows that follows it', async () => {
  const row = { title: 'a title', severity: 'error', message: '', durationMs: null } as const;
  const check: CheckRunStatus = {
    ...{ id: 3, workId: '1', kind: 'checks', endpoint: 'http://localhost:3000', startedAt: 0 },
    ...{ doing: 'waiting until the app is quiet', expected: null, emulator: null, egress: null },
    rows: [
      { ...row, id: 'once', state: 'passed', durationMs: 1400 },
      { ...row, id: 'duplicate-sequential', state: 'running' },
    ],
  };
  const work = [job({ label: 'check of http://localhost:3000', total: 2, done: 1 })];
  const session = new FakeSession(1, { check, work });
  const view = createView(session, { surface: (state) => layoutOf(state, size).surface });
  expect(draw(view.state(), size).join('\n')).toMatch(
    /check .*1 of 2 checks.*waiting until the app is quiet/,
  );
  view.key('V', 'V');
  expect(draw(view.state(), size).join('\n')).toMatch(
    /✓ once +passed +1\.4 s[\s\S]*◌ duplicate-sequential +running/,
  );
  const rows = [
    check.rows[0]!,
    { ...check.rows[1]!, state: 'failed', message: 'twice', durationMs: 5 } as const,
  ];
  session.set({ check: { ...check, rows } });
  await vi.waitFor(() =>
    expect(draw(view.state(), size).join('\n')).toMatch(/✗ duplicate-sequential +failed.*twice/),
  );
  session.set({ check: null, work: [] });
  await vi.waitFor(() => expect(view.state().status.check).toBeNull());
  expect(draw(view.state(), size).join('\n')).toContain('✗ duplicate-sequential');
  view.close();
});
