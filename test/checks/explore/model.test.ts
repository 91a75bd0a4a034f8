import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { confirmations, type Exploration, explore } from '../../../src/checks/explore/explore.ts';
import { schedules } from '../../../src/checks/explore/generate.ts';
import { interpret, type World } from '../../../src/checks/explore/interpret.ts';
import { type Abilities, describe as inWords, type Schedule } from '../../../src/checks/explore/schedule.ts';
import { type Fault, modelWorld } from './model.ts';

const everything: Abilities = { crashes: true, forgeries: true, fetches: true };

const exploreModel = (
  fault: Fault,
  seed: number,
  more: Partial<Parameters<typeof explore>[0]> = {},
): Promise<Exploration> =>
  explore({
    abilities: everything,
    seed,
    runs: 400,
    world: async () => modelWorld(fault),
    now: () => performance.now(),
    ...more,
  });

/** The schedules that a search tries, in order. */
async function tried(seed: number, runs: number): Promise<string[]> {
  const seen: string[] = [];
  const world = async (): Promise<World> => {
    const steps: string[] = [];
    seen.push('');
    const note = (text: string): void => {
      steps.push(text);
      seen[seen.length - 1] = steps.join('; ');
    };
    const fine = { accepted: true, label: '200' };
    return {
      deliver: async (jobs) => {
        note(`deliver ${jobs}`);
        return jobs.map(() => fine);
      },
      hangUp: async (job) => note(`hang up ${job}`),
      forge: async (job) => {
        note(`forge ${job}`);
        return { accepted: false, label: '401' };
      },
      failApi: async (job, answer, times) => note(`fail ${job} ${answer} ${times}`),
      wait: async (ms) => note(`wait ${ms}`),
      restart: async () => note('restart'),
      crash: async (job) => {
        note(`crash ${job}`);
        return fine;
      },
      judge: async () => null,
    };
  };
  await explore({ abilities: everything, seed, runs, world, now: () => performance.now() });
  return seen;
}

describe('what is found', () => {
  // Which of the two it comes to depends on what was found first.
  const lostWork: Schedule[] = [
    [{ kind: 'crash', job: 0 }],
    [
      { kind: 'fail-api', job: 0, answer: 500, times: 1 },
      { kind: 'deliver', jobs: [0] },
    ],
  ];
  // The shortest schedules that break each of the model's handlers, thought out by hand.
  const shortest: [Fault, Abilities, Schedule[]][] = [
    ['race', everything, [[{ kind: 'deliver', jobs: [0, 0] }]]],
    ['key-before-work', everything, lostWork],
    ['early-200', everything, lostWork],
    ['no-guard', everything, [[{ kind: 'forge', job: 0 }]]],
    ['refuses-all', everything, [[{ kind: 'deliver', jobs: [0] }], [{ kind: 'lose-ack', job: 0 }]]],
    ['memory-only', everything, [[{ kind: 'lose-ack', job: 0 }, { kind: 'restart' }]]],
  ];

  test.each(shortest)('%s is found and shrunk to the shortest schedule', async (fault, abilities, wanted) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { finding } = await exploreModel(fault, seed, { abilities });
      expect(wanted, `seed ${seed}`).toContainEqual(finding?.schedule);
      expect(finding?.again).toEqual({ broken: confirmations, of: confirmations });
      expect(finding?.course.breach).not.toBeNull();
    }
  });

  test('without crashes a failure of the API finds the key that is kept before the work', async () => {
    const abilities = { ...everything, crashes: false };
    const { finding } = await exploreModel('key-before-work', 7, { abilities });
    expect(finding?.schedule.map(({ kind }) => kind)).toEqual([
      'fail-api',
      expect.stringMatching(/deliver|lose-ack/),
    ]);
    expect(finding?.schedule[0]).toMatchObject({ job: 0, times: 1 });
  });

  test('a right handler has no finding', async () => {
    const { finding, runs } = await exploreModel('none', 1);
    expect(finding).toBeNull();
    expect(runs).toBe(400);
  });

  test('a violation that shows only now and then is shrunk all the same, and how often it shows is told', async () => {
    let count = 0;
    const world = async (): Promise<World> => modelWorld((count++ % 3) % 2 === 0 ? 'race' : 'none');
    const { finding } = await exploreModel('race', 3, { world });
    expect(finding?.schedule).toEqual([{ kind: 'deliver', jobs: [0, 0] }]);
    expect(finding?.again.of).toBe(confirmations);
    expect(finding?.again.broken).toBeGreaterThan(0);
    expect(finding?.again.broken).toBeLessThan(confirmations);
  });
});

describe('seeds and limits', () => {
  test('a seed gives the same schedules again', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 999_999_999 }), async (seed) => {
        expect(await tried(seed, 8)).toEqual(await tried(seed, 8));
      }),
      { numRuns: 30 },
    ));

  test('another seed gives others', async () => {
    expect(await tried(1, 10)).not.toEqual(await tried(2, 10));
  });

  test('more runs go on where fewer ended', async () => {
    expect((await tried(9, 50)).slice(0, 5)).toEqual(await tried(9, 5));
  });

  test("a finding's seed leads to it within the first runs", async () => {
    const first = await exploreModel('memory-only', 11);
    const again = await exploreModel('memory-only', first.finding!.seed, { runs: 20 });
    expect(again.finding?.original).toEqual(first.finding?.original);
    expect(again.finding?.schedule).toEqual(first.finding?.schedule);
  });

  test('time ends the search, and shrinking', async () => {
    let now = 0;
    const ticking = { now: () => (now += 10), runs: undefined };
    const search = await exploreModel('none', 1, { ...ticking, timeMs: 5000 });
    expect(search.finding).toBeNull();
    expect(search.runs).toBeGreaterThan(5);
    expect(search.durationMs).toBeLessThan(6000);

    const shrinking = await exploreModel('race', 1, { ...ticking, timeMs: 1e6, shrinkMs: 0 });
    expect(shrinking.shrinkRuns).toBe(0);
    expect(shrinking.finding?.schedule).toEqual(shrinking.finding?.original);
  });

  test('a user who has had enough is obeyed', async () => {
    const stop = new AbortController();
    const world = async (): Promise<World> => {
      stop.abort();
      return modelWorld('none');
    };
    expect((await exploreModel('none', 1, { world, signal: stop.signal })).runs).toBe(1);
  });

  test('only what the app allows is generated', () => {
    const kinds = (abilities: Abilities): Set<string> =>
      new Set(fc.sample(schedules(abilities), 500).flatMap((steps) => steps.map(({ kind }) => kind)));
    expect(kinds({ crashes: false, forgeries: false, fetches: false })).toEqual(
      new Set(['deliver', 'lose-ack', 'hang-up', 'wait']),
    );
    expect(kinds(everything)).toEqual(
      new Set(['deliver', 'lose-ack', 'hang-up', 'wait', 'fail-api', 'restart', 'crash', 'forge']),
    );
  });
});

describe('the course of a schedule', () => {
  test('what was not acknowledged is retried, and it is told what happened when', async () => {
    const schedule: Schedule = [
      { kind: 'fail-api', job: 1, answer: 503, times: 2 },
      { kind: 'deliver', jobs: [1, 0, 0] },
    ];
    let now = 0;
    const { moments, breach } = await interpret(schedule, modelWorld('none'), () => now++);
    expect(breach).toBeNull();
    expect(moments.map(({ text }) => text)).toEqual([
      'the next 2 fetches of job 2 will be answered 503',
      'deliver job 2 and 2 × job 1 at the same instant: 500, 200, 200',
      "the sender's retry of job 2: 500",
      "the sender's retry of job 2: 200",
      'every effect is there once',
    ]);
    expect(moments.map(({ at }) => at)).toEqual([1, 2, 3, 4, 5]);
  });

  test('a job that is never accepted is a violation', async () => {
    const { breach } = await interpret([{ kind: 'deliver', jobs: [0] }], modelWorld('refuses-all'), () => 0);
    expect(breach?.summary).toBe('job 1 was never accepted: 4 retries, the last answered 500');
  });

  test('every kind of step has words', () => {
    const steps: Schedule = fc.sample(schedules(everything), 300).flat();
    for (const step of steps) expect(inWords(step)).toMatch(/^[a-z][\w ,×-]+$/);
  });
});
