import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { schedules } from '../../../src/checks/explore/generate.ts';
import type { Schedule } from '../../../src/checks/explore/schedule.ts';
import { simpler } from '../../../src/checks/explore/simplify.ts';

const everything = { crashes: true, forgeries: true, fetches: true, longestWaitMs: 60_000 };

test('a delivery that comes again is tried as one whose answer was lost', () => {
  const schedule: Schedule = [
    { kind: 'deliver', jobs: [0] },
    { kind: 'restart' },
    { kind: 'deliver', jobs: [0] },
  ];
  expect([...simpler(schedule)]).toContainEqual([{ kind: 'lose-ack', job: 0 }, { kind: 'restart' }]);
});

test('jobs are numbered in the order in which they come', () => {
  const schedule: Schedule = [
    { kind: 'deliver', jobs: [2, 0] },
    { kind: 'crash', job: 1, at: 'fetch' },
  ];
  expect([...simpler(schedule)]).toContainEqual([
    { kind: 'deliver', jobs: [0, 1] },
    { kind: 'crash', job: 2, at: 'fetch' },
  ]);
});

test('simplifying comes to an end, whichever way it goes', () => {
  fc.assert(
    fc.property(schedules(everything), fc.infiniteStream(fc.nat(30)), (schedule, choices) => {
      let current = schedule;
      for (let steps = 0; steps < 200; steps++) {
        const all = [...simpler(current)];
        if (all.length === 0) return;
        current = all[choices.next().value! % all.length]!;
      }
      throw new Error(`no end: ${JSON.stringify(current)}`);
    }),
  );
});

test('nothing is left that is simpler than no step at all', () => {
  expect([...simpler([])]).toEqual([]);
});
