import type { CheckRun } from './run.ts';

/** How bad a failure is. Only errors make the tool end with exit code 1. */
export type Severity = 'error' | 'warning' | 'info';

/** What a check can't do without. */
export type Need =
  /** The plain delivery of `once` was answered 2xx. */
  | 'clean'
  /** A probe that showed what one clean delivery does. */
  | 'effects'
  /** `--secret`. */
  | 'secret'
  /** `--svix-secret`. */
  | 'svix'
  /** `--start`. */
  | 'start'
  /** The handler fetches its jobs from the emulated API. */
  | 'fetches';

/** What a check found. */
export type Verdict =
  | { outcome: 'passed'; note?: string | undefined }
  | {
      outcome: 'failed';
      /** When it is not the check's own. */
      severity?: Severity | undefined;
      /** What happened, in one line. */
      summary: string;
      expected: string;
      observed: string;
      /** Lines of the effect that were expected and seen; null when it is not about effects. */
      difference: { expected: readonly string[]; observed: readonly string[] } | null;
      /** What else helps with it. */
      hint?: string | undefined;
    }
  | { outcome: 'not judged'; reason: string };

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
  needs: readonly Need[];
  run(run: CheckRun): Promise<Verdict>;
}

export const passed = (note?: string): Verdict => ({ outcome: 'passed', note });
export const notJudged = (reason: string): Verdict => ({ outcome: 'not judged', reason });

/** A failure that is about answers. */
export const failed = (
  summary: string,
  expected: string,
  observed: string,
  more: { severity?: Severity; hint?: string } = {},
): Verdict => ({ outcome: 'failed', summary, expected, observed, difference: null, ...more });

/** Words of Reducto and Svix that checks refer to. */
export const sources = {
  direct: 'https://docs.reducto.ai/workflows/direct-webhooks',
  svix: 'https://docs.reducto.ai/workflows/svix-webhooks',
  async: 'https://docs.reducto.ai/workflows/async-overview',
  retries: 'https://docs.svix.com/retries',
  verify: 'https://docs.svix.com/receiving/verifying-payloads/how-manual',
} as const;
