import type { AttemptRecord } from '../core/record.ts';
import { formatDuration } from '../core/units.ts';
import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';
import { plural } from './format.ts';
import { targetSeq, type ViewState } from './state.ts';

/** What is told when a command has run. */
export interface Told {
  text: string;
  tone: 'plain' | 'good' | 'bad' | 'warn';
  /** Text to show in full, because it couldn't be put on the clipboard. */
  sheet?: { title: string; text: string };
}

/** A command of the table, as a key runs it. */
export interface Task<K extends CommandId = CommandId> {
  command: K;
  args: CommandArgs<K>;
  /** Asked first, to be answered with y. */
  question?: string;
  /** Said while it runs. */
  running: string;
  done(result: CommandResult<K>): Told;
}

// Keeps the link between a command, its arguments and its result.
const task = <K extends CommandId>(definition: Task<K>): Task => definition as unknown as Task;

/** A task over the delivery that is open or selected. */
const onDelivery =
  (make: (seq: number, state: ViewState) => Task) =>
  (state: ViewState): Task | null => {
    const seq = targetSeq(state);
    return seq === null ? null : make(seq, state);
  };

/** What keys can have run: each makes its command from the state, or null when there is nothing to do it to. */
export const tasks = {
  'copy-url': () =>
    task({
      command: 'copy',
      args: { what: 'public-url' },
      running: 'copying …',
      done: ({ text, copied }) =>
        copied
          ? { text: `Copied ${text}`, tone: 'good' }
          : { text: `No clipboard here: ${text}`, tone: 'warn' },
    }),

  'copy-curl': onDelivery((seq, { secrets }) =>
    task({
      command: 'copy',
      args: { what: 'curl', id: String(seq), secrets },
      running: 'copying …',
      done({ text, copied }) {
        const masked = secrets ? '' : ' · secrets masked; press s first to include them';
        if (copied) return { text: `Copied #${seq} as curl${masked}`, tone: 'good' };
        const title = `#${seq} as curl (no clipboard here)${masked}`;
        return { text: '', tone: 'plain', sheet: { title, text } };
      },
    }),
  ),

  replay: onDelivery((seq) =>
    task({
      command: 'replay',
      args: { id: String(seq) },
      running: `replaying #${seq} …`,
      done: ({ attempts }) => ({
        text:
          attempts.length === 0
            ? `#${seq} was not replayed: there is no endpoint to send it to`
            : `Replayed #${seq}: ${attempts.map(inWords).join(', ')}`,
        tone: attempts.length > 0 && attempts.every(took) ? 'good' : 'bad',
      }),
    }),
  ),

  clear: ({ status }) =>
    task({
      command: 'clear',
      args: {},
      question: `Remove all ${plural(status.deliveries, 'delivery', 'deliveries')} and their attempts?`,
      running: 'clearing …',
      done: ({ removed }) => ({
        text: `Removed ${plural(removed, 'delivery', 'deliveries')}`,
        tone: 'plain',
      }),
    }),
} as const satisfies Record<string, (state: ViewState) => Task | null>;

export type TaskId = keyof typeof tasks;

const took = ({ outcome }: AttemptRecord): boolean =>
  outcome.kind === 'response' && outcome.status >= 200 && outcome.status < 300;

function inWords({ outcome, durationMs, endpoint }: AttemptRecord): string {
  const time = durationMs === null ? '' : ` in ${formatDuration(durationMs)}`;
  if (outcome.kind === 'response') return `${outcome.status}${time}`;
  return outcome.kind === 'error' ? `${outcome.code} (${outcome.message})` : `pending at ${endpoint}`;
}
