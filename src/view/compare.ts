import type { Difference } from '../core/diff.ts';
import { UserError } from '../core/errors.ts';
import type { Session } from '../runtime/session.ts';
import { attemptAtCursor } from './detail.ts';
import { type AttemptMark, attemptMark } from './marks.ts';
import { type Sheet, targetSeq, type ViewState } from './state.ts';
import type { Surface } from './surface.ts';

/** One side of a comparison, as the `diff` command knows it. */
interface Side {
  reference: string;
  name: string;
}

/** The two that `D` compares; in words why there are none. */
export function pairToCompare(state: ViewState, surface: Surface): readonly [Side, Side] | string {
  const { detail, marks } = state;
  const attempts = detail?.tab === 'attempts' ? attemptSides(state, surface) : null;
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
function attemptSides({ detail, marks }: ViewState, { tab }: Surface): readonly [Side, Side] | string | null {
  const record = attemptAtCursor(detail, tab);
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
): Promise<Omit<Sheet, 'place'>> {
  const args = { before: before.reference, after: after.reference, secrets };
  const { difference } = await session.run('diff', args);
  const both = [before, after].every(({ reference }) => reference.startsWith('att_'));
  return {
    title: `How ${before.name} and ${after.name} differ`,
    content: {
      kind: 'difference',
      before: before.name,
      after: after.name,
      requests: difference,
      ...(both ? { answers: await compareAnswers(session, args) } : {}),
      masked: !secrets,
    },
  };
}

async function compareAnswers(
  session: Session,
  args: { before: string; after: string; secrets: boolean },
): Promise<Difference | null> {
  try {
    return (await session.run('diff', { ...args, answers: true })).difference;
  } catch (error) {
    if (error instanceof UserError && error.code === 'no-answer') return null;
    throw error;
  }
}
