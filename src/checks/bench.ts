import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { UserError } from '../core/errors.ts';
import type { Emulator } from '../emulator/emulator.ts';
import type { App } from './app.ts';
import type { Observer, Snapshots } from './effects/observer.ts';
import type { Unit } from './effects/unit.ts';
import type { CheckOptions } from './options.ts';
import type { Sender, Sent } from './sender.ts';
import type { CheckJob } from './sending.ts';

/** What the clean deliveries of `once` have shown of the handler. */
export interface Baseline {
  /** One for each probe, in their order; null where a probe saw nothing that can be learned. */
  units: readonly (Unit | null)[];
  /** The longest time that a clean delivery's answer took, ms. */
  answerMs: number;
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
  notes: Set<string>;
  /** From 0 up to 1, from the seed. */
  random(): number;
  /** ms, from any point on. */
  clock(): number;
}

/**
 * Runs the command that makes the app know a job.
 * @param values what it finds in its environment: JOB_ID, and N, which is another for each job
 * @throws UserError when it fails
 */
export async function prepareJob(
  command: string,
  values: Record<string, string>,
  cwd: string,
): Promise<void> {
  const child = spawn(command, {
    shell: true,
    cwd,
    env: { ...process.env, ...values },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0)
    throw new UserError(
      'prepare',
      `--prepare failed (exit code ${code}): ${Buffer.concat(errors).toString().trim().slice(0, 500)}\n  ${command}`,
      3,
    );
}
