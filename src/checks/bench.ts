import type { Emulator } from '../emulator/emulator.ts';
import type { App } from './app.ts';
import type { Observer, Snapshots } from './effects/observer.ts';
import type { Unit } from './effects/unit.ts';
import type { CheckJob } from './job.ts';
import type { CheckOptions } from './options.ts';
import type { Sender, Sent } from './sender.ts';

/** What the clean deliveries of `once` have shown of the handler. */
export interface Baseline {
  /** One for each probe, in their order; null where a probe saw nothing that can be learned. */
  units: readonly (Unit | null)[];
  /** The longest time that a clean delivery's answer took, ms. */
  answerMs: number;
  /** The shortest, ms. */
  leastAnswerMs: number;
  /** ms from the answer to the last change that a clean delivery made. */
  effectMs: number;
  /** Job fetches of one clean delivery. */
  fetches: number;
}

/** What all checks of a run share. */
export interface Bench {
  options: CheckOptions;
  sender: Sender;
  emulator: Emulator;
  /** The app, where the checks have started it. */
  app: App | null;
  observer: Observer;
  /** The first delivery that was made and taken: what comes again long after. */
  earliest: { sent: Sent; job: CheckJob; at: number } | null;
  /** The state before anything was sent. */
  first: Snapshots;
  /** Jobs that were found to have had their effect once, and by which check. */
  judged: Map<string, string>;
  /** The state when everything was quiet last. */
  quiet: Snapshots;
  /** Ids of all jobs of the run, by the check that made them. */
  jobs: Map<string, string>;
  /** Null until `once` has passed. */
  baseline: Baseline | null;
  /** Why `once` did not pass; null while it has not run, or has. */
  notClean: string | null;
  /** How long each plain delivery of `once` waited for its answer. */
  waits: { ms: number; timedOut: boolean }[];
  /** Why nothing can be sent any more; null while the app is up. */
  down: string | null;
  /** How `--verify` fails, and since which check; null while it holds. */
  broken: { output: string; check: string } | null;
  notes: Set<string>;
  /** Of what is drawn. */
  seed: number;
  /** Whether the app fetches or calls somebody at this moment. */
  working(): boolean;
  /** ms, from any point on. */
  clock(): number;
}

/**
 * Why effects can't be judged; null when they can. Only a probe that was given for effects, and moves with clean
 * deliveries, makes it possible: jobs that are fetched or submitted are not all that a handler does.
 */
export function blindness({ baseline, observer }: Pick<Bench, 'baseline' | 'observer'>): string | null {
  const effects = observer.probes.flatMap(({ kind }, i) => (kind === 'effects' ? [i] : []));
  if (effects.some((i) => baseline?.units[i]?.countable)) return null;
  return effects.length > 0
    ? 'the probes show no effect that can be counted'
    : 'there is no effect probe: give --effects or --effects-url';
}
