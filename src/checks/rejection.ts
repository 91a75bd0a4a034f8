import { type Attempt, outcomeLabel } from '../core/delivery.ts';
import { answerText } from './outcomes.ts';
import type { CheckRun } from './run.ts';
import { failed, notJudged, passed, type Verdict } from './verdict.ts';

/** What the answer to a request should be that must be turned away. */
export interface Rejection {
  /** What was sent, as in `a delivery with a wrong secret`. */
  what: string;
  /** Statuses that say what is wrong; others of 4xx are good enough for a warning. */
  statuses: readonly number[] | 'any 4xx';
  /** Whether the connection may be closed instead. */
  mayClose?: boolean;
  /** Whether a 2xx without an effect does no harm. */
  lenient?: boolean;
}

/** Waits, and judges whether a request was turned away: with the right answer, and without any effect. */
export async function judgeRejection(
  run: CheckRun,
  { outcome }: Attempt,
  { what, statuses, mayClose = false, lenient = false }: Rejection,
): Promise<Verdict> {
  const effects = await run.judgeNothing(`${what} (answered ${outcomeLabel(outcome)})`);
  if (effects.outcome === 'failed') return { ...effects, severity: effects.severity ?? 'error' };
  const named = statuses === 'any 4xx' ? 'a 4xx' : statuses.join(' or ');
  const expected = `${named} and no effect`;
  const observed = `${outcomeLabel(outcome)}${outcome.kind === 'error' ? ` (${outcome.message})` : answerText({ outcome } as Attempt)}`;
  const answered = `${what} is answered ${outcomeLabel(outcome)}`;
  if (outcome.kind === 'error') {
    if (mayClose && outcome.code === 'reset') return effects;
    return failed(`${what} gets no answer (${outcomeLabel(outcome)})`, expected, observed);
  }
  if (outcome.kind !== 'response') return notJudged('the attempt did not end');
  const { status } = outcome;
  if (status >= 500)
    return failed(`${answered}: the sender takes that for a failure and sends it again`, expected, observed);
  if (status < 400)
    return failed(
      `${answered}, as if it were good`,
      expected,
      observed,
      lenient ? { severity: 'warning' } : {},
    );
  if (statuses !== 'any 4xx' && !statuses.includes(status))
    return failed(answered, expected, observed, { severity: 'info' });
  return effects.outcome === 'passed'
    ? passed(`answered ${status}, no effect`)
    : withoutProbe(effects, status);
}

const withoutProbe = (effects: Verdict, status: number): Verdict =>
  notJudged(
    `answered ${status}, as it should; whether it had an effect can't be told: ${effects.outcome === 'not judged' ? effects.reason : ''}`,
  );
