import { UserError } from '../core/errors.ts';
import type { Session } from '../runtime/session.ts';
import { attemptAtCursor } from './detail.ts';
import { differenceLines, isAlike } from './diff-lines.ts';
import { type AttemptMark, attemptMark } from './marks.ts';
import { type Sheet, targetSeq, type ViewState } from './state.ts';
import { type Span, span } from './text.ts';

/** One side of a comparison, as the `diff` command knows it. */
interface Side {
  reference: string;
  name: string;
}

/** The two that `D` compares; in words why there are none. */
export function pairToCompare(state: ViewState): readonly [Side, Side] | string {
  const { detail, marks } = state;
  const attempts = detail?.tab === 'attempts' ? attemptSides(state) : null;
  if (attempts) return attempts;
  const seq = targetSeq(state);
  const sides = [...marks.deliveries].sort((a, b) => a - b).map(deliverySide);
  if (sides.length === 2) return [sides[0]!, sides[1]!];
  if (sides.length > 2) return `Two are compared, and ${sides.length} are marked: u takes the marks away.`;
  if (sides.length === 1 && seq !== null && seq !== marks.deliveries[0])
    return [sides[0]!, deliverySide(seq)];
  if (sides.length === 0 && marks.attempts.length === 2) return ordered(marks.attempts);
  return sides.length === 1
    ? 'One is marked: go to another one and press D, or mark that too.'
    : 'Mark two deliveries with Space to see how they differ; attempts with m, in the tab Attempts.';
}

/** Attempts: two marked ones, a marked one and that under the cursor, or the delivery and that under the cursor. */
function attemptSides({ detail, marks }: ViewState): readonly [Side, Side] | string | null {
  const record = detail && attemptAtCursor(detail);
  if (!record) return null;
  const here = attemptMark(record);
  if (marks.attempts.length > 2)
    return `Two are compared, and ${marks.attempts.length} attempts are marked: u takes the marks away.`;
  if (marks.attempts.length === 2) return ordered(marks.attempts);
  const [marked] = marks.attempts;
  if (marked && marked.id !== here.id) return ordered([marked, here]);
  return [
    { reference: String(record.deliverySeq), name: `#${record.deliverySeq} as it came` },
    attemptSide(here),
  ];
}

const deliverySide = (seq: number): Side => ({ reference: String(seq), name: `#${seq}` });
const attemptSide = ({ id, name }: AttemptMark): Side => ({ reference: id, name });

/** The older first: ids sort by time. */
function ordered(marks: readonly AttemptMark[]): readonly [Side, Side] {
  const [first, second] = [...marks].sort((a, b) => (a.id < b.id ? -1 : 1)).map(attemptSide);
  return [first!, second!];
}

/** Compares two deliveries or attempts; of two attempts the app's answers too. */
export async function compare(
  session: Session,
  [before, after]: readonly [Side, Side],
  secrets: boolean,
): Promise<Omit<Sheet, 'top'>> {
  const args = { before: before.reference, after: after.reference, secrets };
  const { difference } = await session.run('diff', args);
  const lines: Span[][] = [
    [span(`--- ${before.name}`, 'bad', true)],
    [span(`+++ ${after.name}`, 'good', true)],
    [],
    ...(isAlike(difference) ? [[span('What was sent is the same.', 'good')], []] : []),
    ...differenceLines(difference),
  ];
  const both = [before, after].every(({ reference }) => reference.startsWith('att_'));
  if (both) lines.push(...(await answerLines(session, args)));
  if (!secrets)
    lines.push([span('Secrets are masked, so they look alike: s shows them, then compare again.', 'dim')]);
  return { title: `How ${before.name} and ${after.name} differ`, lines };
}

async function answerLines(
  session: Session,
  args: { before: string; after: string; secrets: boolean },
): Promise<Span[][]> {
  const title = [span("The app's answers", 'accent', true)];
  try {
    const { difference } = await session.run('diff', { ...args, answers: true });
    return isAlike(difference)
      ? [[...title, span('  the same')], []]
      : [title, ...differenceLines(difference)];
  } catch (error) {
    if (error instanceof UserError && error.code === 'no-answer')
      return [[...title, span('  one of the two has none', 'dim')], []];
    throw error;
  }
}
