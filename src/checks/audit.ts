import type { Bench } from './bench.ts';
import { effectOf } from './effects/effect.ts';
import { timesTheUnit } from './effects/unit.ts';

/** An effect that came again after its check had passed. */
export interface LateEffect {
  jobId: string;
  times: number;
  /** Lines of the effect, as they should be and as they are. */
  expected: readonly string[];
  observed: readonly string[];
}

/** ms without a change before the last look. */
const lastWindowMs = 300;

/**
 * Looks at the end of a run at every job that was found to have its effect once: a copy that a queue tried again
 * later is seen only now. Only whole effects that are there several times count, in probes that name the job.
 * @returns by check
 */
export async function lateEffects(bench: Bench): Promise<Map<string, LateEffect>> {
  const { observer, baseline, judged, first } = bench;
  const late = new Map<string, LateEffect>();
  if (baseline === null || judged.size === 0) return late;
  const { snapshots } = await observer.settle({ windowMs: lastWindowMs, busy: bench.working });
  const ids = [...judged.keys()];
  for (const [i, probe] of observer.probes.entries()) {
    const unit = baseline.units[i];
    if (probe.kind === 'fetches' || !unit?.countable || unit.job.length === 0) continue;
    const { byJob } = effectOf(observer.changes(first[i]!, snapshots[i]!, ids));
    for (const [number, lines] of byJob) {
      const times = timesTheUnit(unit, lines);
      const jobId = ids[number - 1]!;
      const check = judged.get(jobId)!;
      if (times < 2 || late.has(check)) continue;
      const named = (line: string): string => line.replaceAll('<job>', jobId);
      late.set(check, { jobId, times, expected: unit.job.map(named), observed: lines.map(named) });
    }
  }
  return late;
}
