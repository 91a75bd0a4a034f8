import { beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../../src/checks/index.ts';
import { checks } from '../../../src/checks/table/index.ts';
import { failedIds, inTurns, runAnimal } from './run-animal.ts';
import { score } from './score.ts';
import { type Animal, zoo } from './zoo.ts';

/** Handlers that are checked at the same time: each waits for most of its time. */
const atOnce = 6;

const reports = new Map<Animal, Report>();

beforeAll(async () => {
  // The slow one first, so that the others are done while it waits.
  const order = [...zoo].sort((a, b) => Number(b.name === 'slow-ack') - Number(a.name === 'slow-ack'));
  await inTurns(order, atOnce, async (animal) => void reports.set(animal, await runAnimal(animal)));
}, 600_000);

describe('exactly the checks fail that must', () => {
  test.each(zoo)('$name', (animal) => {
    const report = reports.get(animal)!;
    const failures = report.results.filter(({ verdict }) => verdict.outcome === 'failed');
    const why = JSON.stringify(failures, null, 2);
    expect(failedIds(report).sort(), `${animal.because}\n${why}`).toEqual([...animal.fails].sort());
    expect(report.interrupted).toBe(false);
  });
});

test('the table names only checks that there are', () => {
  const ids = new Set(checks.map(({ id }) => id));
  const named = new Set(zoo.flatMap(({ fails, skip = [] }) => [...fails, ...skip]));
  expect([...named].filter((id) => !ids.has(id))).toEqual([]);
});

test('right handlers are judged by all checks that apply to them', () => {
  for (const animal of zoo.filter(({ correct }) => correct)) {
    const { results, exitCode } = reports.get(animal)!;
    // What lacks needed metadata; signatures where the guard is a secret; a failure of what answers before its work;
    // a kill before a fast answer.
    const inapplicable =
      /^(metadata-|wrong-|missing-|svix-|retry-after-5xx$|crash-on-receipt$|crash-midway$|keep-alive$)/;
    const unjudged = results.flatMap(({ id, verdict }) =>
      verdict.outcome === 'not judged' && !(verdict.applies === false && inapplicable.test(id)) ? [id] : [],
    );
    expect(unjudged, animal.name).toEqual([]);
    expect(exitCode).toBe(0);
  }
});

test('precision and recall over the zoo', () => {
  const all = score(
    [...reports].map(([animal, report]) => ({ expected: animal.fails, found: failedIds(report) })),
  );
  const { found, expected, right, precision, recall } = all;
  const faulty = zoo.filter(({ correct }) => !correct).length;
  console.log(
    `${zoo.length} handlers (${faulty} with known faults): ${expected} failures expected, ${found} found, ${right} of them rightly. Precision ${percent(precision)}, recall ${percent(recall)}.`,
  );
  expect(precision).toBe(1);
  expect(recall).toBe(1);
});

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
