import type { Acknowledgement, Attempt, Delivery } from '../core/delivery.ts';
import type { SessionEvent, Status } from '../core/session.ts';
import type { EmulatorEvent } from '../emulator/emulator.ts';
import type { Change } from '../store/store.ts';
import type { Caller } from './command.ts';
import type { CommandArgs, CommandId, CommandResult } from './commands/index.ts';

/** Who waits for the result of a command. */
export type Waiting = Pick<Caller, 'signal'>;

/** A running tool as a screen or a script sees it, in this process or another. */
export interface Session {
  /**
   * Runs one command of the table.
   * @param caller whose signal is aborted when nobody waits for the result any more
   * @throws UserError for what the user can act on
   */
  run<K extends CommandId>(id: K, args: CommandArgs<K>, caller?: Waiting): Promise<CommandResult<K>>;
  status(): Status;
  /** Calls `listener` for every event, in order. @returns ends the subscription */
  subscribe(listener: (event: SessionEvent) => void): () => void;
}

/** A {@link SessionEvent} of a tool in this process, with what it tells of. */
export type RuntimeEvent =
  | { type: 'delivery'; seq: number; delivery: Delivery }
  /** An attempt began (outcome `pending`) or ended. */
  | { type: 'attempt'; seq: number; attempt: Attempt }
  | { type: 'acknowledgement'; seq: number; id: string; acknowledgement: Acknowledgement }
  | Extract<SessionEvent, { type: 'removed' | 'check' | 'status' | 'error' }>
  | EmulatorEvent;

/** What those who follow a tool are told of a change in its store. */
export function eventsOf(change: Change): RuntimeEvent[] {
  switch (change.type) {
    case 'delivery': {
      const { seq, id, acknowledgement } = change.delivery;
      return [
        { ...change, seq },
        // What was known by then was stored with it.
        ...(acknowledgement === null ? [] : [{ type: 'acknowledgement', seq, id, acknowledgement } as const]),
      ];
    }
    case 'attempt':
      return [{ ...change, seq: change.attempt.deliverySeq }];
    case 'acknowledgement': {
      const { delivery, acknowledgement } = change;
      return [{ type: 'acknowledgement', ...delivery, acknowledgement }];
    }
    case 'removed':
      return [{ type: 'removed' }];
    case 'problem':
      return change.problem === null ? [] : [{ type: 'error', code: 'store-write', message: change.problem }];
  }
}
