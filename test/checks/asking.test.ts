import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { asksWithoutEnd } from '../../src/checks/asking.ts';
import type { JobFetch } from '../../src/emulator/fetches.ts';

/** Asks for a job after each of these pauses (ms), each time so often at once. @returns what is said of it */
async function saidOf(pauses: Iterable<number>, atOnce = 1): Promise<string | null> {
  const fetches: JobFetch[] = [];
  const over = new AbortController();
  const ask = async (): Promise<void> => {
    for (const pause of pauses) {
      const fetch = {
        jobId: 'job',
        at: Date.now(),
        status: 404,
        userAgent: null,
        deliveryId: null,
        attemptId: null,
      };
      for (let i = 0; i < atOnce; i++) fetches.push(fetch);
      await delay(pause, undefined, { signal: over.signal });
    }
  };
  ask().catch(() => undefined); // what is said is what counts, not when the asking is broken off
  try {
    return await asksWithoutEnd({ fetches: () => fetches }, 'job');
  } finally {
    over.abort();
  }
}

function* always(pause: number): Generator<number> {
  for (;;) yield pause;
}

test.concurrent.each([
  ['without a pause to speak of', always(20), 1],
  ['every 0.4 s', always(400), 1],
  ['every second, with two retries of its SDK', always(1000), 3],
])('%s and without end is found', async (_, pauses, atOnce) => {
  expect(await saidOf(pauses, atOnce)).toMatch(/fetches, /);
});

test.concurrent.each([
  ['once', [0]],
  ['five times in the same pauses', [400, 400, 400, 400, 0]],
  ['ten times in the same pauses', [...Array<number>(9).fill(300), 0]],
  ['in pauses that double', [250, 500, 1000, 2000, 4000, 8000]],
  ['in pauses that grow by steps', [300, 600, 900, 1200, 1500, 1800, 2100]],
])('asking %s is not without end', async (_, pauses) => {
  expect(await saidOf(pauses)).toBeNull();
});
