import type { Outcome, World } from '../../../src/checks/explore/interpret.ts';
import type { ApiFailure } from '../../../src/checks/explore/schedule.ts';

/** How a handler of the model goes wrong. */
export type Fault =
  | 'none'
  | 'race'
  | 'key-before-work'
  | 'memory-only'
  | 'early-200'
  | 'forgets-after-5-s'
  | 'per-worker'
  | 'stuck-when-cancelled'
  | 'lost-when-killed-late'
  | 'forged-counts-as-seen'
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
  /** Model time, ms. */
  let now = 0;
  const doneAt = new Map<number, number>();
  /** What each of two processes remembers, and which one is next. */
  const workers = [new Set<number>(), new Set<number>()];
  let next = 0;

  const fetches = (job: number): boolean => {
    const left = apiFailures.get(job) ?? 0;
    apiFailures.set(job, Math.max(0, left - 1));
    return left === 0;
  };
  const act = (job: number): void => void effects.set(job, (effects.get(job) ?? 0) + 1);
  function isDone(job: number): boolean {
    if (fault === 'memory-only') return memory.has(job);
    if (fault === 'per-worker') return workers[next]!.has(job);
    if (fault === 'forgets-after-5-s') return now - (doneAt.get(job) ?? -Infinity) < 5000;
    return effects.has(job) || keys.has(job);
  }

  /** One delivery. @param late whether a copy of it has looked already, before this one writes */
  function handle(job: number, sawDone: boolean): Outcome {
    if (fault === 'refuses-all') return failed;
    if (fault === 'key-before-work') {
      if (keys.has(job)) return ok;
      keys.add(job);
    } else if (fault === 'race' ? sawDone : isDone(job)) return ok;
    if (!fetches(job)) return fault === 'early-200' ? ok : failed;
    memory.add(job);
    doneAt.set(job, now);
    workers[next]!.add(job);
    next = 1 - next;
    act(job);
    return ok;
  }

  const world: World = {
    async deliver(jobs) {
      const looks = jobs.map((job) => isDone(job));
      return jobs.map((job, i) => handle(job, looks[i]!));
    },
    async hangUp(job, at) {
      if (fault === 'stuck-when-cancelled' && at > 0 && !isDone(job)) keys.add(job);
      else handle(job, isDone(job));
      return reset;
    },
    async forge(job) {
      if (fault === 'forged-counts-as-seen') keys.add(job);
      if (fault !== 'no-guard') return { accepted: false, label: '401' };
      return handle(job, isDone(job));
    },
    async failApi(job: number, _answer: ApiFailure, times: number) {
      apiFailures.set(job, (apiFailures.get(job) ?? 0) + times);
    },
    async wait(ms) {
      now += ms;
    },
    async restart() {
      memory.clear();
    },
    async crash(job, at) {
      if (fault === 'key-before-work') keys.add(job);
      if (fault === 'lost-when-killed-late' && typeof at === 'number' && at > 0.7 && at < 0.8) keys.add(job);
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
    evidence: () => ({ jobIds: new Map(), sent: [], appOutput: [] }),
  };
  return world;
}
