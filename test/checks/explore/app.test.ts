import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exploreApp } from '../../../src/checks/explore/index.ts';
import type { Schedule } from '../../../src/checks/explore/schedule.ts';
import { systemClock } from '../../../src/core/ids.ts';
import { createEmulator } from '../../../src/emulator/emulator.ts';
import { createWebhookSender } from '../../../src/emulator/sender.ts';
import { parseEmulatorSettings } from '../../../src/emulator/settings.ts';
import { openStore } from '../../../src/store/open.ts';
import { onCleanup } from '../../support/cleanup.ts';
import { waitFor } from '../../support/wait.ts';
import { animalNamed, withAnimal } from '../zoo/run-animal.ts';
import { secret } from '../zoo/zoo.ts';

describe('handlers with known faults', () => {
  // The shortest schedules there are, thought out by hand; for lost work there are two, a crash or a failure.
  const lostWork: Schedule[] = [
    [{ kind: 'crash', job: 0 }],
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
    '%s is found, with the shortest schedule there is',
    async (name, schedules) => {
      const { exploration, report } = await withAnimal(animalNamed(name), (options) =>
        exploreApp({ ...options, seed: 1, runs: 100 }),
      );
      expect(schedules).toContainEqual(exploration.finding?.schedule);
      expect(exploration.finding?.again.broken).toBeGreaterThan(0);
      expect(report.exitCode).toBe(1);
    },
    240_000,
  );
});
