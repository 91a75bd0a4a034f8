import type { Attempt } from '../core/delivery.ts';
import { exactly } from './exactly.ts';
import type { CheckJob } from './job.ts';
import { type FetchKill, killAtFetch } from './kill-at-fetch.ts';
import { mostLooks, Narrowing } from './narrowing.ts';
import type { CheckRun } from './run.ts';
import { accepted, type Sent } from './sender.ts';
import { warmUp } from './warm-up.ts';

/** What became of a moment. */
export interface Killed {
  attempt: Attempt;
  /** Whether the app was killed. */
  killed: boolean;
  /** Whether it was killed at that moment, and not after it: what comes after is for another check. */
  hit: boolean;
}

/** A moment of a delivery at which the app is killed. */
export interface CrashMoment {
  /** `after 40 % of its usual time`. */
  text: string;
  /** Has the app killed at that moment of an attempt; ends with the attempt. */
  crash(sent: Sent, job: CheckJob): Promise<Killed>;
  /** Told whether there was an effect by then. */
  saw?(effect: boolean): void;
}

/** Chooses a moment when it is its turn, for an app that it may warm up before; null when there is none such. */
export type ChooseMoment = (run: CheckRun) => Promise<CrashMoment | null>;

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** As soon as the app has the request. */
export const onReceipt: ChooseMoment = async (run) => ({
  text: 'as soon as it had the request',
  async crash(sent) {
    const { attempt, killed } = await killAfterBytes(run, sent, 0);
    return { attempt, killed, hit: !accepted(attempt) };
  },
});

/**
 * When the app fetches the job: as soon as it does, and behind its answer, where a worker is so fast that the first kill
 * came before it.
 */
export function duringFetch(): ChooseMoment[] {
  let behind = false;
  return [
    async (run) => ({
      text: 'while it fetched the job',
      async crash(sent, job) {
        const { attempt, killed } = await killByFetch(run, sent, job);
        behind = accepted(attempt);
        return { attempt, killed, hit: killed };
      },
    }),
    async (run) =>
      behind
        ? null
        : {
            text: 'behind its answer, while it fetched the job',
            async crash(sent, job) {
              const { attempt, killed } = await killByFetch(run, sent, job, { heldMs: heldMs(run) });
              return { attempt, killed, hit: killed };
            },
          },
  ];
}

/** ms that an answer takes more when the machine is busy. */
const heldMore = 300;

/** ms within which a handler has answered that does not wait for its fetch. */
const heldMs = ({ baseline }: CheckRun): number => 2 * baseline.answerMs + heldMore;

/** Kills when the app fetches the job, or so many ms after that was answered. */
async function killByFetch(
  run: CheckRun,
  sent: Sent,
  job: CheckJob,
  when: Pick<FetchKill, 'afterMs' | 'heldMs'> = {},
): Promise<{ attempt: Attempt; killed: boolean }> {
  const patienceMs = 2 * run.baseline.effectMs + run.watch.patienceMs;
  const note = `the app is killed ${when.afterMs === undefined ? 'when it fetches' : 'after it has fetched'} the job`;
  const make = (): Promise<Attempt> => run.sender.attempt(sent, { note });
  const { attempt, hit } = await killAtFetch(run, job, { patienceMs, ...when }, make);
  return { attempt, killed: hit };
}

/** ms of work behind an answer that can be hit. */
const leastWorkMs = 40;

/** After the answer, at a share of the time until the effect. */
export const afterAnswer =
  (share: number): ChooseMoment =>
  async (run) => {
    if (share > 0 && run.baseline.effectMs < leastWorkMs) return null; // nothing is done behind the answer
    if (share > 0) await warmUp(run);
    return {
      text: share === 0 ? 'right after its answer' : `behind its answer, after ${percent(share)} of its work`,
      async crash(sent) {
        const attempt = await run.sender.attempt(sent, { note: 'the app is killed after its answer' });
        await exactly(run.baseline.effectMs * share);
        run.kill();
        return { attempt, killed: true, hit: true };
      },
    };
  };

/** Moments in a row at which the app had answered already: later ones come too late as well. */
const enoughMisses = 2;

/**
 * Moments between request and answer: some that are given, as shares of the time in between, then such that narrow down
 * on the effect; where the app fetches the job they are timed from there, which is nearer.
 */
export function untilAnswer(shares: readonly number[]): ChooseMoment[] {
  const [byRequest, byFetch] = [new Narrowing(), new Narrowing()];
  let hits = 0;
  /** In a row. */
  let misses = 0;
  const noted = (attempt: Attempt, killed: boolean): Killed => {
    const hit = !accepted(attempt);
    if (hit) hits += 1;
    misses = hit ? 0 : misses + 1;
    return { attempt, killed, hit };
  };
  return Array.from({ length: shares.length + mostLooks }, (_, i) => async (run) => {
    const given = shares[i];
    // It answers before it can be killed, or those that are looked at now come too late.
    if (misses >= enoughMisses && (hits === 0 || given === undefined)) return null;
    if (given === undefined && (run.watch.unjudged !== null || byFetch.done || byRequest.done)) return null;
    const { answerMs, tailMs } = await warmUp(run);
    if (given === undefined && tailMs !== null && tailMs > 0) {
      const share = byFetch.next(tailMs);
      return {
        text: `${percent(share)} of the way from its fetch of the job to its answer`,
        async crash(sent, job) {
          const { attempt, killed } = await killByFetch(run, sent, job, { afterMs: tailMs * share });
          return noted(attempt, killed);
        },
        saw: (effect) => byFetch.saw(share, effect),
      };
    }
    const share = given ?? byRequest.next(answerMs);
    return {
      text: `after ${percent(share)} of its usual time`,
      async crash(sent) {
        const { attempt, killed } = await killAfterBytes(run, sent, answerMs * share);
        return noted(attempt, killed);
      },
      saw: (effect) => byRequest.saw(share, effect),
    };
  });
}

/**
 * Moments between a fetch that is made behind the answer and the effect, which narrow down on the effect. At a handler
 * that needs the fetch for its answer the first ones are missed, and the others are none.
 */
export function behindFetch(): ChooseMoment[] {
  const narrowing = new Narrowing();
  let misses = 0;
  return Array.from({ length: mostLooks }, () => async (run) => {
    if (narrowing.done || misses === enoughMisses) return null;
    if (run.baseline.fetches === 0 || run.watch.unjudged !== null) return null;
    // From the fetch on: until then a worker may have waited for its turn.
    const { workMs } = await warmUp(run);
    const spanMs = Math.max(workMs ?? run.baseline.effectMs, leastWorkMs);
    const share = narrowing.next(spanMs);
    const afterMs = share * spanMs;
    return {
      text: `behind its answer, ${Math.round(afterMs)} ms after it had fetched the job`,
      async crash(sent, job) {
        const when = { afterMs, heldMs: heldMs(run) };
        const { attempt, killed } = await killByFetch(run, sent, job, when);
        if (!killed) misses += 1;
        return { attempt, killed, hit: killed && accepted(attempt) };
      },
      saw: (effect) => narrowing.saw(share, effect),
    };
  });
}

/** Kills so many ms after the last byte was sent: finer than a timer could. */
async function killAfterBytes(
  run: CheckRun,
  sent: Sent,
  ms: number,
): Promise<{ attempt: Attempt; killed: boolean }> {
  let ended = false;
  let killed = false;
  const attempt = await run.bench.sender.attempt(sent, {
    note: 'the app is killed meanwhile',
    gate: {
      arrived: () => undefined,
      opened: Promise.resolve(),
      sent: () => {
        const until = performance.now() + ms;
        const look = (): void => {
          if (ended) return; // by now it would be the next process that is killed
          if (performance.now() < until) return void setImmediate(look);
          killed = true;
          run.kill();
        };
        setImmediate(look);
      },
    },
  });
  ended = true;
  return { attempt, killed };
}
