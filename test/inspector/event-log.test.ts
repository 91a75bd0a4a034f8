import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventLog } from '../../src/inspector/event-log.ts';
import type { RuntimeEvent } from '../../src/runtime/session.ts';

const error = (code: string): RuntimeEvent => ({ type: 'error', code, message: code });
const status = { type: 'status', status: {} } as RuntimeEvent;

/** Far more than are kept. */
const many = 70_000;

test('gives exactly what came since, in order, or says that it can not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.string({ maxLength: 5 })), { maxLength: 50 }),
      fc.integer({ min: -3, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      (happened, n, limit) => {
        const log = new EventLog();
        for (const code of happened) log.add(code === null ? status : error(code)); // a status is none
        const told = happened.filter((code) => code !== null);
        expect(log.last).toBe(told.length);
        const expected = told
          .slice(n, n + limit)
          .map((code, i) => ({ n: n + 1 + i, type: 'error', code, message: code }));
        expect(log.since(n, limit)).toEqual(n < 0 || n > told.length ? null : expected);
      },
    ),
  );
});

test('keeps the last 20,000 at least, and no more than half as many again', () => {
  const log = new EventLog();
  for (let i = 1; i <= many; i++) {
    log.add(error(String(i)));
    if (i % 9973 !== 0 && i !== many) continue;
    const oldest = Math.max(0, i - 20_000);
    expect(log.since(oldest, 1)).toEqual(oldest === i ? [] : [expect.objectContaining({ n: oldest + 1 })]);
    expect(log.since(i, 1)).toEqual([]);
  }
  expect(log.since(many - 30_001, 1)).toBeNull();
});

test.each([Number.NaN, 0.5, Number.POSITIVE_INFINITY, -1, 1e300])('has nothing since %d', (n) => {
  const log = new EventLog();
  log.add(error('a'));
  expect(log.since(n, 10)).toBeNull();
});

test('holds little of what comes from outside', () => {
  const log = new EventLog();
  log.add({ type: 'fault', method: 'GET', path: `/${'x'.repeat(16_000)}`, applied: ['429'] });
  expect(JSON.stringify(log.since(0, 1)).length).toBeLessThan(1000);
});
