import type { Outcome, World } from '../../../src/checks/explore/interpret.ts';
import type { ApiFailure } from '../../../src/checks/explore/schedule.ts';

/** How a handler of the model goes wrong. */
export type Fault =
  | 'none'
  | 'race'
  | 'key-before-work'
  | 'memory-only'
  | 'early-200'
  | 'no-guard'
  | 'refuses-all';

const ok: Outcome = { accepted: true, label: '200' };
const failed: Outcome = { accepted: false, label: '500' };
const reset: Outcome = { accepted: false, label: 'ECONNRESET' };

/** A handler and its database in memory: worlds of schedules without a process. */
export function modelWorld(fault: Fault): World {
  const effects = new Map<number, number>();
  const keys = new Set<number>();
  const memory = new Set<number>();
  const apiFailures = new Map<number, number>();

  const fetches = (job: number): boolean => {
    const left = apiFailures.get(job) ?? 0;
    apiFailures.set(job, Math.max(0, left - 1));
    return left === 0;
  };
  const act = (job: number): void => void effects.set(job, (effects.get(job) ?? 0) + 1);
  const isDone = (job: number): boolean => (fault === 'memory-only' ? memory.has(job) : effects.has(job));

  /** One delivery. @param late whether a copy of it has looked already, before this one writes */
  function handle(job: number, sawDone: boolean): Outcome {
    if (fault === 'refuses-all') return failed;
    if (fault === 'key-before-work') {
      if (keys.has(job)) return ok;
      keys.add(job);
    } else if (fault === 'race' ? sawDone : isDone(job)) return ok;
    if (!fetches(job)) return fault === 'early-200' ? ok : failed;
    memory.add(job);
    act(job);
    return ok;
  }

  const world: World = {
    async deliver(jobs) {
      const looks = jobs.map((job) => isDone(job));
      return jobs.map((job, i) => handle(job, looks[i]!));
    },
    async hangUp(job) {
      handle(job, isDone(job));
    },
    async forge(job) {
      if (fault !== 'no-guard') return { accepted: false, label: '401' };
      return handle(job, isDone(job));
    },
    async failApi(job: number, _answer: ApiFailure, times: number) {
      apiFailures.set(job, (apiFailures.get(job) ?? 0) + times);
    },
    async wait() {},
    async restart() {
      memory.clear();
    },
    async crash(job) {
      if (fault === 'key-before-work') keys.add(job);
      memory.clear();
      return fault === 'early-200' ? ok : reset;
    },
    async judge(jobs) {
      for (const job of new Set([...jobs, ...effects.keys()])) {
        const [want, got] = [jobs.includes(job) ? 1 : 0, effects.get(job) ?? 0];
        if (want !== got) return { summary: `job ${job + 1}: ${got} effects, not ${want}`, difference: null };
      }
      return null;
    },
  };
  return world;
}
