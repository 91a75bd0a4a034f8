import type { CheckRun } from './run.ts';
import type { CauseId, Severity, Verdict } from './verdict.ts';

/** What a check can't do without. */
export type Need =
  /** The plain delivery of `once` was answered 2xx. */
  | 'clean'
  /** `--secret`. */
  | 'secret'
  /** `--svix-secret`. */
  | 'svix'
  /** `--start`. */
  | 'start'
  /** The handler fetches its jobs from the emulated API. */
  | 'fetches';

/** One check: a row whence the run, `--list`, the reports and the README come. */
export interface Check {
  id: string;
  /** What is sent, in a few words. */
  title: string;
  /** What it proves. */
  proves: string;
  /** Why that matters, and where Reducto or Svix say so. */
  why: { text: string; url: string };
  /** How to repair a handler that fails it. */
  fix: string;
  severity: Severity;
  /** With which others it is told as one finding; null for by itself. */
  cause: CauseId | null;
  needs: readonly Need[];
  /** Whether it may run while others do: all that it judges names its own jobs, and the app stays up. */
  overlaps?: boolean;
  /** How often it waits for effects; once when absent. */
  waits?: number;
  run(run: CheckRun): Promise<Verdict>;
}

/** Words of Reducto and Svix that checks refer to. */
export const sources = {
  direct: 'https://docs.reducto.ai/workflows/direct-webhooks',
  svix: 'https://docs.reducto.ai/workflows/svix-webhooks',
  async: 'https://docs.reducto.ai/workflows/async-overview',
  retries: 'https://docs.svix.com/retries',
  verify: 'https://docs.svix.com/receiving/verifying-payloads/how-manual',
} as const;
