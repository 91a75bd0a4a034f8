import { expect, test } from 'vitest';
import { type Report, runChecks } from '../../../src/checks/index.ts';
import { animalNamed, failedIds, inTurns, runAnimal, withAnimal } from './run-animal.ts';
import { zoo } from './zoo.ts';

/** How often each is run; `npm run soak:checks` sets it to 50, with all checks. SOAK_ONLY names some of them. */
const rounds = Number(process.env.SOAK ?? 5);
const whole = process.env.SOAK !== undefined;
/** What hangs on the instant is where a right handler could be wronged: enough for every day. */
const everyDay = ['duplicate-concurrent', 'retry-after-timeout', 'crash-*', 'restart-between-duplicates'];
const atOnce = 4;

const named = process.env.SOAK_ONLY ?? (whole ? '' : 'correct-express-sqlite');
const right = zoo.filter(({ name, correct }) => correct && name.includes(named));

test(
  `right handlers pass ${rounds} of ${rounds} runs`,
  async () => {
    const passes = new Map(right.map(({ name }) => [name, 0]));
    const wronged: string[] = [];
    const runs = Array.from({ length: rounds }, () => right).flat();
    let done = 0;
    await inTurns(runs, atOnce, async (animal) => {
      const report = await runAnimal(animal, whole ? {} : { only: everyDay });
      const failed = failedIds(report);
      if (failed.length === 0) passes.set(animal.name, passes.get(animal.name)! + 1);
      else wronged.push(`${animal.name}: ${failuresText(report)}`);
      done += 1;
      if (whole)
        console.log(`${done} of ${runs.length} runs, ${wronged.length} wronged ${wronged.at(-1) ?? ''}`);
    });
    const lines = [...passes].map(([name, count]) => `${name} passed ${count} of ${rounds}`);
    console.log([...lines, ...wronged].join('\n'));
    expect(wronged).toEqual([]);
  },
  rounds * 120_000,
);

test(
  `the race is found in ${rounds} of ${rounds} runs`,
  async () => {
    let found = 0;
    await inTurns(Array.from({ length: rounds }), atOnce, async () => {
      const report = await withAnimal(animalNamed('check-then-act'), (options) =>
        runChecks({ ...options, only: ['duplicate-concurrent'] }),
      );
      if (failedIds(report).join() === 'duplicate-concurrent') found += 1;
    });
    console.log(`the race was found by duplicate-concurrent in ${found} of ${rounds} runs`);
    expect(found).toBe(rounds);
  },
  rounds * 60_000,
);

const failuresText = ({ results }: Report): string =>
  results
    .filter(({ verdict }) => verdict.outcome === 'failed')
    .map(({ id, verdict }) => `${id} ${JSON.stringify(verdict)}`)
    .join('; ');
