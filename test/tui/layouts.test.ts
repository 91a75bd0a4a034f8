import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { layoutOf } from '../../src/tui/layout.ts';
import { createView, type View } from '../../src/view/controller.ts';
import type { ViewState } from '../../src/view/state.ts';
import { draw } from './draw.ts';
import { FakeSession } from './fixtures/fake-session.ts';

// A layout is a pure function of a state and a size, computed once for both: drawing changes no state, and what was
// laid out to answer a key is what is drawn.

const laidOut = vi.hoisted(() => ({ count: 0 }));
vi.mock('../../src/tui/header.ts', async (original) => {
  const header = await original<typeof import('../../src/tui/header.ts')>();
  const headerLines: typeof header.headerLines = (...args) => {
    laidOut.count += 1; // once in each layout
    return header.headerLines(...args);
  };
  return { ...header, headerLines };
});

const size = { columns: 130, rows: 40 };
let view: View;
let session: FakeSession;
const states = new Set<ViewState>();

beforeEach(async () => {
  vi.useFakeTimers();
  session = new FakeSession(50);
  view = createView(session, {
    surface(state) {
      states.add(state);
      return layoutOf(state, size).surface;
    },
  });
  view.subscribe(() => draw(view.state(), size));
  await vi.advanceTimersByTimeAsync(100);
  states.clear();
  states.add(view.state());
  laidOut.count = 0;
});

afterEach(() => {
  view.close();
  vi.useRealTimers();
});

test('keys, news and drawing lay each state out once', async () => {
  for (const key of [
    'j',
    'j',
    'enter',
    '3',
    'space',
    'tab',
    'j',
    'esc',
    'f',
    'tab',
    'esc',
    '/',
    'esc',
    '?',
    'esc',
  ]) {
    view.key(key);
    await vi.advanceTimersByTimeAsync(50);
  }
  for (let i = 0; i < 20; i++) {
    session.arrive();
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(states.size).toBeGreaterThan(30);
  expect(laidOut.count).toBeLessThanOrEqual(states.size);
});

test('drawing climbs back to no state', async () => {
  view.key('enter');
  await vi.advanceTimersByTimeAsync(100);
  const drawn = view.state();
  const before = laidOut.count;
  for (let i = 0; i < 35; i++) draw(drawn, size);
  await vi.advanceTimersByTimeAsync(500);
  expect(view.state()).toBe(drawn);
  expect(laidOut.count).toBe(before);
});
