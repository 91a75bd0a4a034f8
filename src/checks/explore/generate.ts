import * as fc from 'fast-check';
import {
  type Abilities,
  type ApiFailure,
  type CrashMoment,
  hangUpShares,
  longWaitsMs,
  mostJobs,
  type Schedule,
  type Step,
} from './schedule.ts';

/** Steps of a generated schedule, at the most. */
const mostSteps = 6;

/**
 * Schedules that the app and its surroundings allow. The kinds stand in the order of how plain they are, as a
 * violation is shrunk towards the first.
 */
export function schedules({ crashes, forgeries, fetches, longestWaitMs }: Abilities): fc.Arbitrary<Schedule> {
  // Copies are only found out about when they are of one job, so most schedules are about one or two.
  const job = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.nat(mostJobs - 1) },
  );
  const kinds: { weight: number; arbitrary: fc.Arbitrary<Step> }[] = [
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('deliver' as const),
        jobs: fc.array(job, { minLength: 1, maxLength: 4 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose-ack' as const), job }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('hang-up' as const),
        job,
        at: fc.constantFrom<number[]>(...hangUpShares),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: pause(longestWaitMs) }) },
  ];
  if (fetches)
    kinds.push({
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('fail-api' as const),
        job,
        answer: fc.constantFrom<ApiFailure[]>(500, 503, 429),
        times: fc.integer({ min: 1, max: 2 }),
      }),
    });
  if (crashes)
    kinds.push(
      { weight: 2, arbitrary: fc.constant({ kind: 'restart' as const }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('crash' as const), job, at: moment(fetches) }),
      },
    );
  if (forgeries)
    kinds.push({ weight: 1, arbitrary: fc.record({ kind: fc.constant('forge' as const), job }) });
  // Deliveries are what all other steps are about: a schedule without one proves nothing.
  return fc
    .array(fc.oneof({ withCrossShrink: true }, ...kinds), { minLength: 1, maxLength: mostSteps, size: 'max' })
    .filter((steps) =>
      steps.some(({ kind }) => kind !== 'wait' && kind !== 'restart' && kind !== 'fail-api'),
    );
}

/** Any moment between a request and what comes after its effect. */
const moment = (fetches: boolean): fc.Arbitrary<CrashMoment> =>
  fc.oneof(
    fc.constantFrom<CrashMoment[]>(...(fetches ? (['fetch', 'answer'] as const) : (['answer'] as const))),
    fc.integer({ min: 0, max: 110 }).map((percent) => percent / 100),
  );

/** ms: mostly short, so that there is time for many schedules; now and then longer than ids are remembered. */
function pause(longestMs: number): fc.Arbitrary<number> {
  const long = longWaitsMs.filter((ms) => ms <= longestMs);
  const short = { weight: 9, arbitrary: fc.integer({ min: 1, max: 50 }) };
  return long.length === 0
    ? short.arbitrary
    : fc.oneof(short, { weight: 1, arbitrary: fc.constantFrom(...long) });
}
