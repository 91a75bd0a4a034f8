import { test } from 'vitest';
import { checks } from '../../../src/checks/table/index.ts';
import { failedIds, runAnimal } from './run-animal.ts';
import { zoo } from './zoo.ts';

const only = process.env.ONLY;
test.concurrent.each(zoo.filter(({ name }) => !only || name.match(only)))(
  '$name',
  async (animal) => {
    const report = await runAnimal(animal);
    const known = new Set(checks.map(({ id }) => id));
    const got = failedIds(report);
    const want = animal.fails.filter((id) => known.has(id));
    const not = report.results
      .filter(({ verdict }) => verdict.outcome === 'not judged')
      .map(({ id, verdict }) => `${id} (${(verdict as any).reason})`);
    const diff = [
      ...got.filter((id) => !want.includes(id)).map((id) => `+${id}`),
      ...want.filter((id) => !got.includes(id)).map((id) => `-${id}`),
    ];
    console.log(
      `${animal.name}: ${Math.round(report.durationMs)} ms ${diff.length ? `DIFF ${diff}` : 'as expected'} [${got}] not judged: ${not.join(', ')} ${report.notes}`,
    );
    for (const r of report.results)
      if (diff.some((d) => d.slice(1) === r.id) || process.env.ALL)
        console.log(r.id, JSON.stringify(r.verdict), r.durationMs | 0, JSON.stringify(r.sent).slice(0, 600));
  },
  120_000,
);
