import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exploreApp } from '../../../src/checks/explore/index.ts';
import type { Schedule } from '../../../src/checks/explore/schedule.ts';
import { toScript } from '../../../src/checks/explore/script.ts';
import { readScenario } from '../../../src/checks/scenario/read.ts';
import { runScenarios } from '../../../src/checks/scenario/run.ts';
import { toScenario } from '../../../src/checks/scenario/write.ts';
import { systemClock } from '../../../src/core/ids.ts';
import { createEmulator } from '../../../src/emulator/emulator.ts';
import { createWebhookSender } from '../../../src/emulator/sender.ts';
import { parseEmulatorSettings } from '../../../src/emulator/settings.ts';
import { openStore } from '../../../src/store/sqlite-store.ts';
import { waitFor } from '../../support/wait.ts';
import { animalNamed, withAnimal } from '../zoo/run-animal.ts';
import { secret, svixSecret } from '../zoo/zoo.ts';

describe('handlers with known faults', () => {
  // The shortest schedules there are, thought out by hand; for lost work there are two, a crash or a failure.
  const lostWork: Schedule[] = [
    [{ kind: 'crash', job: 0, at: 'fetch' }],
    [
      { kind: 'fail-api', job: 0, answer: 500, times: 1 },
      { kind: 'deliver', jobs: [0] },
    ],
  ];
  const forgotten: Schedule[] = [[{ kind: 'lose-ack', job: 0 }, { kind: 'restart' }]];
  const shortest: [string, Schedule[]][] = [
    ['check-then-act', [[{ kind: 'deliver', jobs: [0, 0] }]]],
    ['key-before-work', lostWork],
    ['memory-only', forgotten],
  ];

  test.concurrent.each(shortest)(
    '%s is found, with the shortest schedule there is, and what is written of it finds it again',
    async (name, schedules) => {
      await withAnimal(animalNamed(name), async (options) => {
        const { exploration, report, scenario } = await exploreApp({ ...options, seed: 1, runs: 100 });
        expect(schedules).toContainEqual(exploration.finding?.schedule);
        expect(exploration.finding?.again.broken).toBeGreaterThan(0);
        expect(report.exitCode).toBe(1);
        const run = { scenario: readScenario(scenario!, 'found.yaml'), options };
        expect((await runScenarios([run], {})).results).toMatchObject([
          { id: 'found.yaml', verdict: { outcome: 'failed' } },
        ]);
      });
    },
    240_000,
  );

  test('a handler without them passes what was written of each', async () => {
    await withAnimal(animalNamed('correct-express-sqlite'), async (options) => {
      const runs = shortest.map(([name, [schedule]]) => {
        const text = toScenario(schedule!, options, { name, lines: [], repeat: 2 });
        return { scenario: readScenario(text, name), options };
      });
      const { results, counts } = await runScenarios(runs, {});
      expect(counts.passed, JSON.stringify(results)).toBe(shortest.length);
    });
  }, 120_000);

  test.concurrent.each(['correct-express-sqlite', 'correct-flask-sqlite', 'correct-svix', 'correct-inbox'])(
    '%s: nothing is found',
    async (name) => {
      const { exploration, report, timeline } = await withAnimal(animalNamed(name), (options) =>
        exploreApp({ ...options, seed: 1, runs: 25 }),
      );
      expect(exploration.finding, timeline ?? '').toBeNull();
      expect(exploration.runs).toBe(25);
      expect(report.exitCode).toBe(0);
    },
    240_000,
  );
});

describe('the script of a finding', () => {
  test('makes the violation happen outside of the tool', async () => {
    await withAnimal(animalNamed('check-then-act'), async (options, dir) => {
      const { script } = await exploreApp({ ...options, seed: 1, runs: 100 });
      const file = join(dir, 'script.sh');
      writeFileSync(file, script!);
      // It is a race, of two processes here: not every run has both in the handler at the same time.
      let worked = 1;
      for (let run = 0; worked === 1 && run < 10; run++) {
        const { jobs, rows } = await runScript(file, dir, options.effectsUrls![0]!, {
          WEBHOOK_SECRET: secret,
        });
        worked = rows.filter((row) => row.job_id === jobs[0]).length;
      }
      expect(worked).toBe(2);
    });
  }, 240_000);

  test('signs as Svix does, kills and starts the app, and retries', async () => {
    const animal = animalNamed('svix-timestamp-key');
    await withAnimal(animal, async (options, dir) => {
      const schedule: Schedule = [
        { kind: 'deliver', jobs: [0] },
        { kind: 'restart' },
        { kind: 'forge', job: 0 },
        { kind: 'wait', ms: 1100 },
        { kind: 'lose-ack', job: 0 },
        { kind: 'lose-ack', job: 1 },
        { kind: 'wait', ms: 1100 },
      ];
      const script = toScript(schedule, {
        url: `${options.endpoint.origin}/webhook`,
        metadata: { note: 'it\'s 100 % of "that"\n' },
        guard: 'svix',
        fetches: true,
        answerMs: 50,
        effectMs: 0,
        start: options.start!,
        prepare: undefined,
        reset: undefined,
        about: ['a test'],
      });
      const file = join(dir, 'script.sh');
      writeFileSync(file, script);
      const { jobs, rows, output } = await runScript(file, dir, options.effectsUrls![0]!, {
        SVIX_SECRET: svixSecret,
      });
      // A second later the timestamp is another one, which this handler takes for another message.
      const count = (job: string | undefined): number => rows.filter(({ job_id }) => job_id === job).length;
      expect(jobs).toHaveLength(2);
      expect([count(jobs[0]), count(jobs[1])], output).toEqual([2, 2]);
      expect(output).toMatch(/forged webhook for job 1\n401/);
    });
  }, 120_000);
});

/** Runs a script beside an emulated API; looks at the effects when it says so. */
async function runScript(
  file: string,
  dir: string,
  effectsUrl: string,
  env: Record<string, string>,
): Promise<{ jobs: string[]; rows: { job_id: string }[]; output: string }> {
  const store = openStore(join(dir, 'emulator'));
  const emulator = createEmulator({
    store,
    sender: createWebhookSender({ store, clock: systemClock }),
    settings: parseEmulatorSettings({ jobTime: '10ms' }),
  });
  const url = await emulator.listen(0);
  const child = spawn('bash', [file], {
    cwd: dir,
    env: { ...process.env, ...env, REDUCTO_BASE_URL: url },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  try {
    await waitFor(
      () => output.match(/Now look at the effects of:\n( {2}job .*\n)+/) || child.exitCode !== null,
      {
        what: 'the script',
        timeoutMs: 60_000,
      },
    );
    const jobs = [...output.matchAll(/^ {2}job \d+: (.*)$/gm)].map(([, job]) => job!);
    const rows = (await (await fetch(effectsUrl)).json()) as { job_id: string }[];
    return { jobs, rows, output };
  } catch (error) {
    throw new Error(`The script:\n${output}`, { cause: error });
  } finally {
    child.stdin.end('\n');
    await closed;
    await emulator.close();
    await store.close();
  }
}
