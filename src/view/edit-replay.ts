import type { DeliveryRecord } from '../core/record.ts';
import type { CommandArgs } from '../runtime/commands/index.ts';
import type { Session } from '../runtime/session.ts';
import { keyFor } from './keys/labels.ts';
import { targetSeq, type ViewState } from './state.ts';
import { type Task, task } from './task.ts';
import { replayTold } from './told.ts';

/** A request as someone has rewritten it; the body in base64, as commands take it. */
export type Draft = NonNullable<CommandArgs<'replay'>['draft']>;

/** Lets the user rewrite a request, where the screen can do that; null when they want nothing sent. */
export type EditRequest = (
  request: Pick<DeliveryRecord, 'headers' | 'body'>,
) => Promise<Draft | 'unchanged' | null>;

/** Has the delivery that is open or selected rewritten. @returns the replay of what came of it, or in words why nothing is sent */
export async function editAndReplay(
  session: Session,
  state: ViewState,
  edit: EditRequest,
): Promise<Task | string> {
  const seq = targetSeq(state)!;
  // What is sent has to hold the secrets, whether the screen shows them or not.
  const { delivery } = await session.run('show', { id: String(seq), secrets: true });
  const draft = await edit(delivery);
  if (draft === null) return 'Nothing was sent.';
  if (draft === 'unchanged')
    return `Nothing was changed, so nothing was sent; ${keyFor(state, 'replay')} replays it as it is.`;
  return task({
    command: 'replay',
    args: { id: String(seq), draft },
    running: `replaying #${seq}, edited …`,
    work: true,
    done(result) {
      const told = replayTold('Replayed', `#${seq}, edited`, result);
      return { ...told, text: `${told.text} · what differs: ${keyFor(state, 'compare')} in Attempts` };
    },
  });
}
