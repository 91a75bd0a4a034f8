import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { confirmations, type Exploration, explore } from '../../../src/checks/explore/explore.ts';
import { schedules } from '../../../src/checks/explore/generate.ts';
import { interpret, type World } from '../../../src/checks/explore/interpret.ts';
import { type Abilities, describe as inWords, type Schedule } from '../../../src/checks/explore/schedule.ts';
import { type Fault, modelWorld } from './model.ts';

const everything: Abilities = { crashes: true, forgeries: true, fetches: true, longestWaitMs: 60_000 };

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
      hangUp: async (job, at) => {
        note(`hang up ${job} at ${at}`);
        return { accepted: false, label: 'ECONNRESET' };
      },
      forge: async (job) => {
        note(`forge ${job}`);
        return { accepted: false, label: '401' };
      },
      failApi: async (job, answer, times) => note(`fail ${job} ${answer} ${times}`),
      wait: async (ms) => note(`wait ${ms}`),
      restart: async () => note('restart'),
      crash: async (job, at) => {
        note(`crash ${job} at ${at}`);
        return fine;
      },
      judge: async () => null,
      evidence: () => ({ jobIds: new Map(), sent: [], appOutput: [] }),
    };
  };
  await explore({ abilities: everything, seed, runs, world, now: () => performance.now() });
  return seen;
}

describe('what is found', () => {
  // Which of the two it comes to depends on what was found first.
  const lostWork: Schedule[] = [
    [{ kind: 'crash', job: 0, at: 'fetch' }],
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
    [
      'forgets-after-5-s',
      everything,
      [
        [
          { kind: 'lose-ack', job: 0 },
          { kind: 'wait', ms: 5500 },
        ],
      ],
    ],
    ['per-worker', everything, [[{ kind: 'deliver', jobs: [0, 0] }], [{ kind: 'lose-ack', job: 0 }]]],
    ['stuck-when-cancelled', everything, [[{ kind: 'hang-up', job: 0, at: 0.5 }]]],
    ['lost-when-killed-late', everything, [[{ kind: 'crash', job: 0, at: 0.75 }]]],
    [
      'forged-counts-as-seen',
      everything,
      [
        [
          { kind: 'forge', job: 0 },
          { kind: 'deliver', jobs: [0] },
        ],
      ],
    ],
  ];

  test.each(shortest)('%s is found and shrunk to the shortest schedule', async (fault, abilities, wanted) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { finding } = await exploreModel(fault, seed, { abilities });
      expect(wanted, `seed ${seed}`).toContainEqual(finding?.schedule);
      expect(finding?.again).toEqual({ broken: confirmations, of: confirmations });
      expect(finding?.course.breach?.summary).toMatch(
        /^job 1: [02] effects, not 1$|job 1 was (never accepted|answered 200)/,
      );
    }
  });

  test('without crashes a failure of the API finds the key that is kept before the work', async () => {
    const abilities = { ...everything, crashes: false };
    const { finding } = await exploreModel('key-before-work', 7, { abilities });
    expect(finding?.schedule.map(({ kind }) => kind)).toEqual([
      'fail-api',
      expect.stringMatching(/deliver|lose-ack|hang-up/),
    ]);
    expect(finding?.schedule[0]).toMatchObject({ job: 0, times: 1 });
  });

  test('a right handler has no finding', async () => {
    const { finding, runs } = await exploreModel('none', 1);
    expect(finding).toBeNull();
    expect(runs).toBe(400);
  });

  test('what is drawn finds what no small schedule does, and is shrunk to what is needed', async () => {
    // The third delivery of a job is the one that goes wrong.
    const world = async (): Promise<World> => {
      const model = modelWorld('none');
      let deliveries = 0;
      return {
        ...model,
        deliver: async (jobs) => {
          deliveries += jobs.length;
          return model.deliver(jobs);
        },
        judge: async () => (deliveries > 4 ? { summary: 'too many', difference: null } : null),
      };
    };
    const { finding } = await exploreModel('none', 5, { world });
    const { schedule } = finding!;
    expect(
      schedule.flatMap((step) => (step.kind === 'deliver' ? step.jobs : [0])).length,
    ).toBeLessThanOrEqual(5);
    expect(schedule.length).toBeLessThan(finding!.original.length + 1);
  });

  test('a violation that shows only now and then is shrunk all the same, and how often it shows is told', async () => {
    let count = 0;
    const world = async (): Promise<World> => modelWorld((count++ % 3) % 2 === 0 ? 'race' : 'none');
    const { finding } = await exploreModel('race', 3, { world });
    expect(finding?.schedule).toEqual([{ kind: 'deliver', jobs: [0, 0] }]);
    expect(finding?.again).toEqual({ broken: 3, of: confirmations });
  });
});

describe('a violation that does not show again', () => {
  /** Breaks in the given runs, and in no others. */
  const breaksIn = (...runs: number[]) => {
    let count = 0;
    return async (): Promise<World> => {
      count += 1;
      const mark = count;
      const model = modelWorld('none');
      return {
        ...model,
        judge: async () =>
          runs.includes(mark) ? { summary: `broken in run ${mark}`, difference: null } : null,
        evidence: () => ({ jobIds: new Map([[0, `of run ${mark}`]]), sent: [], appOutput: [] }),
      };
    };
  };

  test('is told as such, and the search goes on', async () => {
    const { finding, runs } = await exploreModel('none', 1, { world: breaksIn(1), runs: 60 });
    expect(finding?.again).toEqual({ broken: 0, of: confirmations });
    expect(runs).toBe(60);
  });

  test('is forgotten for one that does', async () => {
    let count = 0;
    const world = async (): Promise<World> => {
      count += 1;
      return count === 1
        ? { ...modelWorld('none'), judge: async () => ({ summary: 'once', difference: null }) }
        : modelWorld('race');
    };
    const { finding } = await exploreModel('none', 1, { world });
    expect(finding?.schedule).toEqual([{ kind: 'deliver', jobs: [0, 0] }]);
    expect(finding?.again.broken).toBe(confirmations);
  });

  test('whatever breaks when: what is told of a schedule is of a run of that very schedule', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 60 }), async (breaks) => {
        const { finding } = await exploreModel('none', 1, { world: breaksIn(...breaks), runs: 50 });
        if (finding === null) return;
        const { schedule, course } = finding;
        const told = course.moments.map(({ text }) => text);
        expect(told.length).toBeGreaterThan(schedule.length);
        for (const [i, step] of schedule.entries()) expect(told[i]).toContain(inWords(step));
        // The jobs that are shown are those of the run whose end is told.
        expect(`broken in run ${course.evidence!.jobIds.get(0)!.slice('of run '.length)}`).toBe(
          course.breach!.summary,
        );
      }),
      { numRuns: 60 },
    ));
});

describe('seeds and limits', () => {
  test('a seed gives the same schedules again', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 999_999_999 }), async (seed) => {
        expect(await tried(seed, 60)).toEqual(await tried(seed, 60));
      }),
      { numRuns: 30 },
    ));

  test('another seed gives others', async () => {
    const [one, other] = [await tried(1, 60), await tried(2, 60)];
    expect(one).not.toEqual(other);
    // The small ones come first, whatever the seed.
    expect(one.slice(0, 20)).toEqual(other.slice(0, 20));
  });

  test('more runs go on where fewer ended', async () => {
    expect((await tried(9, 90)).slice(0, 60)).toEqual(await tried(9, 60));
  });

  test("a finding's seed leads to it within the first runs", async () => {
    const first = await exploreModel('memory-only', 11);
    const again = await exploreModel('memory-only', first.finding!.seed, { runs: 60 });
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
    expect(kinds({ crashes: false, forgeries: false, fetches: false, longestWaitMs: 0 })).toEqual(
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
    for (const step of steps) expect(inWords(step)).toMatch(/^[a-z][\w ,.%×-]+$/);
  });
});
