import type { Bench } from './bench.ts';
import type { Check } from './check.ts';
import { effectOf, namesNone } from './effects/effect.ts';
import type { Snapshots } from './effects/observer.ts';
import { isUp } from './reach.ts';
import type { CheckRun } from './run.ts';
import type { Verdict } from './verdict.ts';
import { quietWindowMs } from './watch.ts';

/** Checks at a time, at the most: a handler has more to do than with one, and is not to be stifled. */
const most = 8;

/** What became of a check that ran among others, and stands. */
export interface Standing {
  run: CheckRun;
  verdict: Verdict;
  durationMs: number;
}

/** How one check is made. */
export interface Making {
  begin(check: Check): CheckRun;
  /** Makes it; null when it could not be, as the app went away. */
  make(check: Check, run: CheckRun): Promise<Verdict | null>;
  /** Told what one came to; null where it is to be looked at alone. */
  ended(check: Check, verdict: Verdict | null, durationMs: number): void;
  signal: AbortSignal | undefined;
}

/**
 * How many checks may run at the same time; 1 where what happens can't be told apart by the job that it names, where
 * the user's own assertion looks at the whole, and where an app that goes down could not be started again.
 */
export function widthOf(bench: Bench): number {
  const { options, baseline, app } = bench;
  if (baseline === null || app === null || options.verify !== undefined) return 1;
  if (unnamed(bench, bench.first, bench.quiet)) return 1;
  // Even one that answers them one by one must come to the last of them in good time.
  const inTime = Math.floor((options.timeoutMs ?? 15_000) / 4 / Math.max(1, baseline.answerMs));
  return Math.max(1, Math.min(most, inTime));
}

/**
 * Runs checks at the same time. What passes there stands; whatever is odd is for the caller to look at alone, so that
 * company never makes a failure.
 * @returns by check those that stand
 */
export async function runTogether(
  bench: Bench,
  checks: readonly Check[],
  making: Making,
): Promise<Map<Check, Standing>> {
  const before = bench.quiet;
  const done = new Map<Check, Standing>();
  const queue = [...checks];
  const worker = async (): Promise<void> => {
    for (let check = queue.shift(); check && !making.signal?.aborted; check = queue.shift()) {
      const began = performance.now();
      const run = making.begin(check);
      const made = await making.make(check, run);
      const verdict = made !== null && holds(made, run) ? made : null;
      const durationMs = performance.now() - began;
      making.ended(check, verdict, durationMs);
      if (verdict !== null) done.set(check, { run, verdict, durationMs });
    }
  };
  await Promise.all(Array.from({ length: widthOf(bench) }, worker));
  if (!(await isUp(bench.options.endpoint.origin))) return new Map();
  const { snapshots } = await bench.observer.settle({
    windowMs: quietWindowMs(bench),
    busy: () => bench.sender.underWay > 0 || bench.working(),
  });
  bench.quiet = snapshots;
  // What names no job may be anybody's.
  if (unnamed(bench, before, snapshots)) return new Map();
  for (const [check, { run }] of done) if (run.watch.ownChanges(run.watch.now, snapshots)) done.delete(check);
  return done;
}

/** Whether a verdict is none that company could have brought about. */
const holds = (verdict: Verdict, run: CheckRun): boolean =>
  verdict.outcome === 'passed' ||
  (verdict.outcome === 'not judged' && (verdict.applies === false || run.watch.unjudged !== null));

/** Whether anything changed that names no job. */
function unnamed({ observer, jobs }: Bench, before: Snapshots, after: Snapshots): boolean {
  const known = (id: string): boolean => jobs.has(id);
  return observer.probes.some(
    ({ kind }, i) =>
      kind !== 'fetches' && namesNone(effectOf(observer.changes(before[i]!, after[i]!, [], known))),
  );
}
