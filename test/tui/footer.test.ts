import { expect, test } from 'vitest';
import { layoutOf } from '../../src/tui/layout.ts';
import { answered, emptyList } from '../../src/view/list.ts';
import type { Notice } from '../../src/view/notice.ts';
import { initialState, type ViewState } from '../../src/view/state.ts';
import { summaryOf } from './fixtures/deliveries.ts';
import { FakeSession } from './fixtures/fake-session.ts';

const one = answered(emptyList(), { kind: 'newest', limit: 1 }, [summaryOf(1)]);
const state = (change: Partial<ViewState> = {}): ViewState => ({
  ...initialState(new FakeSession(1).status(), 0, { edits: true, keys: {} }),
  list: one,
  ...change,
});
const footer = (of: ViewState, width: number): string[] =>
  layoutOf(of, { columns: width, rows: 24 }).footer.map(({ spans }) =>
    spans
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );

test.each([
  [60, ' Enter open  r replay  e edit  d dup  ? help  q quit'],
  [80, ' Enter open  r replay  e edit  d dup  t retry  f faults  h hold  ? help  q quit'],
])('in %i columns the hints are those used most, whole, with help and quit', (width, hints) =>
  expect(footer(state(), width)).toEqual([hints]),
);

test('in 120 columns there is room for more', () => {
  const [hints] = footer(state(), 120);
  for (const hint of ['/ filter', 'c copy URL', '? help', 'q quit']) expect(hints).toContain(hint);
  expect(hints!.length).toBeLessThanOrEqual(120);
});

test('what is under way can be cancelled: that is hinted at first', () => {
  const job = { ...{ id: '1', label: 'x', total: null, done: 0, failed: 0 }, state: 'running' } as const;
  const status = { ...state().status, work: [{ ...job, nextAt: null }] };
  expect(footer(state({ status }), 60)[0]).toMatch(/^ C cancel {2}Enter open/);
  const waiting = { ...status, work: [{ ...job, nextAt: 5 }] };
  expect(footer(state({ status: waiting }), 60)[0]).toMatch(/^ N next now {2}C cancel {2}/);
});

test('bad news is not cut off at the end of a line, good news takes one', () => {
  const told = (tone: Notice['tone']): string[] =>
    footer(state({ notice: { text: `${'word '.repeat(20)}end`, tone, until: null } }), 60);
  expect(told('bad').join(' ')).toMatch(/^ ✗ word .* end$/);
  expect(told('bad')).toHaveLength(2);
  expect(told('good')).toHaveLength(1);
});
