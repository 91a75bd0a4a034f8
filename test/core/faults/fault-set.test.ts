import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultSet } from '../../../src/core/faults/fault-set.ts';
import { faultKinds } from '../../../src/core/faults/index.ts';
import { printFault } from '../../../src/core/faults/language.ts';
import { anyFault } from './arbitraries.ts';

/** What strikes `count` deliveries, one after another. */
function run(text: string, seed: number, count: number) {
  const set = FaultSet.parse(text, seed);
  return Array.from({ length: count }, () => {
    const sender = set.forSender();
    const { faults, plan, seed: own } = set.forApp(0, null);
    return { app: faults.map(printFault), plan, own, sender };
  });
}

const struck = (text: string, seed: number, count: number): number =>
  run(text, seed, count).filter(({ app, sender }) => app.length + sender.applied.length > 0).length;

describe('a seed', () => {
  test('gives the same run twice', () => {
    fc.assert(
      fc.property(fc.array(anyFault, { maxLength: 6 }), fc.nat(), (faults, seed) => {
        const text = faults.join(' ');
        expect(run(text, seed, 20)).toEqual(run(text, seed, 20));
      }),
    );
  });

  test('is another run than another seed', () => {
    const runs = Array.from({ length: 20 }, (_, seed) =>
      JSON.stringify(run('drop:50% jitter=0-9999ms', seed, 20)),
    );
    expect(new Set(runs).size).toBe(20);
  });

  test('decides what the app suffers, whenever senders come', () => {
    const one = FaultSet.parse('drop:50% status=503:50%', 7);
    const other = FaultSet.parse('drop:50% status=503:50%', 7);
    for (let i = 0; i < 50; i++) other.forSender();
    for (let i = 0; i < 50; i++) expect(other.forApp(0, null).plan).toEqual(one.forApp(0, null).plan);
  });
});

describe('how often', () => {
  test('a count strikes the first ones, and no more', () => {
    expect(run('drop:2', 1, 5).map(({ plan }) => plan.drop)).toEqual([true, true, false, false, false]);
    expect(run('reset:2', 1, 4).map(({ sender }) => sender.applied)).toEqual([['reset'], ['reset'], [], []]);
  });

  test('a percentage strikes about that many', () => {
    const many = 4000;
    for (const percent of [0.5, 10, 50, 99]) {
      const share = (struck(`drop:${percent}%`, 3, many) / many) * 100;
      expect(Math.abs(share - percent)).toBeLessThan(3);
    }
    expect(struck('drop:0%', 3, many)).toBe(0);
    expect(struck('reset:100%', 3, many)).toBe(many);
  });

  test('without a limit it is always', () => {
    expect(struck('truncate=1', 1, 100)).toBe(100);
  });

  test('what is still to come is printed, and can be read back', () => {
    const set = FaultSet.parse('drop:2 lost-ack:1 delay=1s:10%', 5);
    set.forApp(0, null);
    expect(set.print()).toBe('drop:1 lost-ack:1 delay=1s:10%');
    set.forSender();
    set.forApp(0, null);
    expect(set.print()).toBe('delay=1s:10%');
    expect(FaultSet.parse(set.print(), 5).print()).toBe(set.print());
  });
});

test('faults compose', () => {
  const set = FaultSet.parse(
    'duplicate=2 delay=1s duplicate=3,concurrent delay=500ms slow-body=9 slow-body=5',
    1,
  );
  expect(set.forApp(0, null).plan).toEqual({
    copies: 5,
    concurrent: true,
    delayMs: 1500,
    drop: false,
    reorder: null,
    bytesPerSecond: 5,
  });
  const sender = FaultSet.parse('sender.delay=1s sender.delay=2s lost-ack=reset status=503', 1).forSender();
  expect(sender.plan).toEqual({
    instead: { kind: 'status', status: 503 },
    delayMs: 3000,
    lose: { kind: 'reset' },
  });
});

test('jitter stays between its ends and uses them', () => {
  const delays = run('jitter=100-110ms', 4, 500).map(({ plan }) => plan.delayMs);
  expect([Math.min(...delays), Math.max(...delays)]).toEqual([100, 110]);
  expect(new Set(delays).size).toBe(11);
});

test('the window that reordering needs is known beforehand', () => {
  expect(FaultSet.parse('', 1).window).toBe(1);
  expect(FaultSet.parse('drop reset delay=1s', 1).window).toBe(1);
  expect(FaultSet.parse('reorder=4 reorder=3:10%', 1).window).toBe(4);
});

test('every fault acts in one way: on the request, on the sending, or on the answer to the sender', () => {
  const methods = { 'on the request': 'change', 'on the sending': 'plan', 'on the answer': 'answer' };
  for (const kind of faultKinds) {
    expect([kind.name, Object.values(methods).filter((method) => method in kind)]).toEqual([
      kind.name,
      [methods[kind.acts]],
    ]);
    expect([kind.name, kind.direction]).toEqual([
      kind.name,
      kind.acts === 'on the answer' ? 'sender' : 'app',
    ]);
  }
});
