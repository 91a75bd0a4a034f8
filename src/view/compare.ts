import { UserError } from '../core/errors.ts';
import type { AttemptRecord } from '../core/record.ts';
import type { Difference } from '../core/text-diff.ts';
import type { Session } from '../runtime/session.ts';
import { attemptAtCursor } from './detail.ts';
import { keyFor } from './keys/labels.ts';
import { type AttemptMark, attemptMark } from './marks.ts';
import { type Sheet, targetSeq, type ViewState } from './state.ts';
import type { Surface } from './surface.ts';

/** One side of a comparison, as the `diff` command knows it. */
interface Side {
  reference: string;
  name: string;
}

/** Two to compare. */
export type Pair = readonly [Side, Side];

/** The two that would be compared; in words why there are none. */
export function pairToCompare(state: ViewState, surface: Surface): Pair | string {
  const { detail, marks } = state;
  const attempts = detail?.tab === 'attempts' ? attemptSides(state, surface) : null;
  if (attempts) return attempts;
  const seq = targetSeq(state);
  const sides = [...marks.deliveries].sort((a, b) => a - b).map(deliverySide);
  if (sides.length === 2) return [sides[0]!, sides[1]!];
  if (sides.length > 2)
    return `Two are compared, and ${sides.length} are marked: ${keyFor(state, 'unmark')} takes the marks away.`;
  if (sides.length === 1 && seq !== null && seq !== marks.deliveries[0])
    return [sides[0]!, deliverySide(seq)];
  if (sides.length === 0 && marks.attempts.length === 2) return ordered(marks.attempts);
  return sides.length === 1
    ? `One is marked: go to another one and press ${keyFor(state, 'compare')}, or mark that too.`
    : `Mark two deliveries with ${keyFor(state, 'mark')} to see how they differ; attempts with ${keyFor(state, 'mark-here')}, in the tab Attempts.`;
}

/** Attempts: two marked ones, a marked one and that under the cursor, or the delivery and that under the cursor. */
function attemptSides(state: ViewState, { tab }: Surface): readonly [Side, Side] | string | null {
  const { detail, marks } = state;
  const record = attemptAtCursor(detail, tab);
  if (!record) return null;
  const here = attemptMark(record);
  if (marks.attempts.length > 2)
    return `Two are compared, and ${marks.attempts.length} attempts are marked: ${keyFor(state, 'unmark')} takes the marks away.`;
  if (marks.attempts.length === 2) return ordered(marks.attempts);
  const [marked] = marks.attempts;
  if (marked && marked.id !== here.id) return ordered([marked, here]);
  return withDelivery(record);
}

/** An attempt and what came in, or another attempt. */
export const attemptPair = (attempt: AttemptRecord, other: AttemptRecord | null): Pair =>
  other === null ? withDelivery(attempt) : ordered([attemptMark(attempt), attemptMark(other)]);

const withDelivery = (attempt: AttemptRecord): Pair => [
  { reference: String(attempt.deliverySeq), name: `#${attempt.deliverySeq} as it came` },
  attemptSide(attemptMark(attempt)),
];

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
  state: ViewState,
): Promise<Omit<Sheet, 'place'>> {
  const { secrets } = state;
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
      remark: secrets
        ? null
        : `Secrets are masked, so they look alike: ${keyFor(state, 'show-secrets')} shows them, then compare again.`,
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
