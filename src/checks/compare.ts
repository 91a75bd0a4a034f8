import type { CheckResult } from './options.ts';

/** What became of a check between two runs. */
export type CheckChange =
  /** It failed before, and passes now. */
  | 'fixed'
  /** It did not fail before, and does now. */
  | 'broken since'
  | 'still failing'
  /** It was not among the checks of the earlier run, and fails. */
  | 'new'
  /** It was judged before, and is not any more: nothing is proven of it now. */
  | 'no longer judged'
  /** It is not among the checks of the later run. */
  | 'not run'
  | 'same';

/** One check in both runs. */
export interface ComparedCheck {
  id: string;
  title: string;
  change: CheckChange;
  /** How it ended; null where it was not run. */
  before: string | null;
  after: string | null;
  /** What it found, in a line; empty when it passed with nothing to say. */
  message: string;
}

type Result = Pick<CheckResult, 'id' | 'title' | 'verdict'>;

/** The order in which a reader wants to know. */
const order: readonly CheckChange[] = [
  ...(['broken since', 'new', 'still failing', 'no longer judged', 'fixed', 'not run', 'same'] as const),
];

/** What has changed from one run to a later one, check by check; what is worst comes first. */
export function compareRuns(before: readonly Result[], after: readonly Result[]): ComparedCheck[] {
  const earlier = new Map(before.map((result) => [result.id, result]));
  const later = new Set(after.map(({ id }) => id));
  const compared = after.map((result) => comparedCheck(earlier.get(result.id), result));
  const gone = before.filter(({ id }) => !later.has(id));
  return [...compared, ...gone.map((result) => comparedCheck(result, undefined))].sort(
    (a, b) => order.indexOf(a.change) - order.indexOf(b.change),
  );
}

function comparedCheck(before: Result | undefined, after: Result | undefined): ComparedCheck {
  const { id, title, verdict } = (after ?? before)!;
  return {
    ...{ id, title, change: changeOf(before, after) },
    before: before?.verdict.outcome ?? null,
    after: after?.verdict.outcome ?? null,
    message: messageOf(verdict),
  };
}

function changeOf(before: Result | undefined, after: Result | undefined): CheckChange {
  if (!after) return 'not run';
  const [was, is] = [before?.verdict.outcome, after.verdict.outcome];
  if (is === 'failed') return was === undefined ? 'new' : was === 'failed' ? 'still failing' : 'broken since';
  if (is === 'not judged') return was === undefined || was === 'not judged' ? 'same' : 'no longer judged';
  return was === 'failed' ? 'fixed' : 'same';
}

/** What a check found, in one line; empty when it passed with nothing to say. */
export const messageOf = (verdict: CheckResult['verdict']): string =>
  verdict.outcome === 'failed'
    ? verdict.summary
    : verdict.outcome === 'not judged'
      ? verdict.reason
      : (verdict.note ?? '');
