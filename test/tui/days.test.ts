import { expect, test } from 'vitest';
import { fullTime } from '../../src/core/time.ts';
import { openDetail } from '../../src/view/detail.ts';
import { answered, emptyList } from '../../src/view/list.ts';
import { initialState, type ViewState } from '../../src/view/state.ts';
import { draw } from './draw.ts';
import { attemptOf, recordOf, summaryOf } from './fixtures/deliveries.ts';
import { FakeSession } from './fixtures/fake-session.ts';

const day = 86_400_000;
const noon = new Date(2026, 10, 26, 12, 0, 0).getTime();
const cameAt = (seq: number, receivedAt: number) => ({ ...summaryOf(seq), receivedAt });
const listed = (now: number, ...times: number[]): ViewState => {
  const rows = times.map((time, i) => cameAt(times.length - i, time));
  const list = answered({ ...emptyList(), inSight: 20 }, { kind: 'newest', limit: 100 }, rows);
  return { ...initialState(new FakeSession(0).status(), now), list };
};
const times = (state: ViewState, columns: number): string[] =>
  draw(state, { columns, rows: 24 }).flatMap(
    (line) => /^ . {1,2}((?:[\d-]+ )?\d\d:\d\d:\d\d) /.exec(line)?.[1] ?? [],
  );

test.each([60, 80, 120])('in %i columns the list says the day of what is not of today', (columns) => {
  expect(times(listed(noon, noon, noon - 60_000), columns)).toEqual(['12:00:00', '11:59:00']);
  const older = listed(noon, noon, noon - day, noon - 366 * day);
  expect(times(older, columns)).toEqual(['12:00:00', '11-25 12:00:00', '2025-11-25 12:00:00']);
  for (const line of draw(older, { columns, rows: 24 })) expect(line.length).toBeLessThanOrEqual(columns);
});

test('what was of today is so no longer after midnight', () => {
  const state = listed(noon, noon);
  expect(times(state, 80)).toEqual(['12:00:00']);
  expect(times({ ...state, now: noon + day }, 80)).toEqual(['11-26 12:00:00']);
});

test('the detail says the full time, of attempts too; the timeline the day where it changes', () => {
  const delivery = recordOf(cameAt(2, noon), new Uint8Array(), true);
  const attempts = [{ ...attemptOf(summaryOf(2), 1, true), startedAt: noon + 2 * day }];
  const opened = (tab: 'attempts' | 'timeline'): string => {
    const detail = { ...openDetail(2, tab), data: { delivery, attempts } };
    return draw({ ...listed(noon, noon), detail }, { columns: 100, rows: 30 }).join('\n');
  };
  expect(opened('attempts')).toContain(fullTime(noon));
  expect(opened('attempts')).toContain(`${fullTime(noon + 2 * day)}  to `);
  expect(opened('timeline')).toMatch(/\n *12:00:00 .*received.*\n *11-28 12:00:00 .*attempt 1 began/s);
});
