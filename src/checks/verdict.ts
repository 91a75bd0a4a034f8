/** How bad a failure is. Only errors make the tool end with exit code 1. */
export type Severity = 'error' | 'warning' | 'info';

/** What is behind failures of several checks, so that they are told as one finding; see causes.ts. */
export type CauseId =
  | 'again'
  | 'lost'
  | 'status'
  | 'guard'
  | 'signature'
  | 'metadata'
  | 'nonsense'
  | 'assertion';

/** What a check found. */
export type Verdict =
  | { outcome: 'passed'; note?: string | undefined }
  | {
      outcome: 'failed';
      /** When it is not the check's own. */
      severity?: Severity | undefined;
      /** When it is not the check's own. */
      cause?: CauseId | undefined;
      /** What happened, in one line. */
      summary: string;
      expected: string;
      observed: string;
      /** Lines of the effect that were expected and seen; null when it is not about effects. */
      difference: { expected: readonly string[]; observed: readonly string[] } | null;
      /** What else helps with it. */
      hint?: string | undefined;
    }
  | {
      outcome: 'not judged';
      reason: string;
      /** False when there is nothing to judge at a handler of this kind: nothing is missing from the proof. */
      applies?: false;
    };

export const passed = (note?: string): Verdict => ({ outcome: 'passed', note });
export const notJudged = (reason: string): Verdict => ({ outcome: 'not judged', reason });
/** There is nothing to judge at a handler of this kind, or another check judges it. */
export const notApplicable = (reason: string): Verdict => ({
  outcome: 'not judged',
  reason,
  applies: false,
});

/** A failure that is about answers. */
export const failed = (
  summary: string,
  expected: string,
  observed: string,
  more: { severity?: Severity; cause?: CauseId; hint?: string | undefined } = {},
): Verdict => ({ outcome: 'failed', summary, expected, observed, difference: null, ...more });
