import { printJson } from '../core/json.ts';
import type { CommandId } from '../runtime/commands/index.ts';
import { plural } from './format.ts';
import { keyFor } from './keys/labels.ts';
import { heldInOrder, targetSeq, type ViewState } from './state.ts';
import { targetName } from './target.ts';
import { targetSeqs } from './targets.ts';
import { type Task, type TaskId, task } from './task.ts';
import { replayTold, triggerTold } from './told.ts';

/** What a key has run: one command, or several one after another. */
type Tasks = Task | readonly Task[];

/** A task over the delivery that is open or selected; its key can't act while there is none. */
const onDelivery =
  (make: (seq: number, state: ViewState) => Task) =>
  (state: ViewState): Tasks =>
    make(targetSeq(state)!, state);

/** What keys can have run: each makes its commands from the state. */
export const tasks: Record<TaskId, (state: ViewState) => Tasks> = {
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

  'copy-curl': onDelivery((seq, state) =>
    task({
      command: 'copy',
      args: { what: 'curl', id: String(seq), secrets: state.secrets },
      running: 'copying …',
      done({ text, copied }) {
        const masked = state.secrets
          ? ''
          : ` · secrets masked; press ${keyFor(state, 'show-secrets')} first to include them`;
        if (copied) return { text: `Copied #${seq} as curl${masked}`, tone: 'good' };
        const title = `#${seq} as curl (no clipboard here)${masked}`;
        return { text: '', tone: 'plain', sheet: { title, text } };
      },
    }),
  ),

  replay: (state) => {
    const seqs = targetSeqs(state);
    const what = targetName({ kind: 'deliveries', seqs });
    return task({
      command: 'replay',
      args: { id: seqs.map(String) },
      running: `replaying ${what} …`,
      work: true,
      done: (result) => replayTold('Replayed', what, result),
    });
  },

  trigger: () =>
    task({
      command: 'trigger',
      args: { event: 'parse.completed' },
      running: 'making a delivery …',
      done: (result) => triggerTold('a delivery', result),
    }),

  'open-page': () =>
    task({
      command: 'inspector',
      args: {},
      running: 'opening the page …',
      done: ({ url, opened }) =>
        opened
          ? { text: 'The page opens in your browser', tone: 'good' }
          : {
              text: '',
              tone: 'plain',
              sheet: { title: 'Open this in a browser: it lets one in, once', text: url },
            },
    }),

  'view-job': onDelivery((seq, { secrets }) =>
    task({
      command: 'job',
      args: { id: String(seq), secrets },
      running: 'fetching the job …',
      done: ({ id, source, job }) => ({
        text: '',
        tone: 'plain',
        sheet: {
          title: `Job ${id}, as ${source === 'emulator' ? 'the emulator' : 'Reducto'} has it`,
          text: jobText(id, job),
          job,
        },
      }),
    }),
  ),

  hold: (state) => {
    const { held, holding } = state.status;
    const waiting = targetSeqs(state).filter((seq) => held.includes(seq));
    return waiting.length > 0 ? release(waiting, held) : holdOrNot(!holding, state);
  },

  'let-go': (state) => {
    return [
      holdOrNot(false, state),
      task({
        command: 'release',
        args: { id: heldInOrder(state).map(String) },
        running: 'releasing …',
        done: ({ released }) => ({
          text: `Holding ended${released > 0 ? `, ${plural(released, 'delivery', 'deliveries')} released` : ''}`,
          tone: 'good',
        }),
      }),
    ];
  },

  'clear-faults': ({ status: { faults } }) =>
    task({
      command: 'faults',
      args: { set: '' },
      running: 'clearing the faults …',
      done: () => ({ text: `Cleared ${faults}: no faults are at work now`, tone: 'good' }),
    }),

  cancel: ({ status: { work } }) => cancelWork(work.at(-1)!.id),
  skip: ({ status: { work } }) => skipWork(work.findLast(({ nextAt }) => nextAt !== null)!.id),

  'reopen-tunnel': () =>
    task({
      command: 'reopen-tunnel',
      args: {},
      running: 'opening the tunnel anew …',
      done: () => ({ text: 'The tunnel is being opened anew', tone: 'plain' }),
    }),

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
};

/** Lines of a job's result beyond which a page is of no use. */
const maxJobLines = 5000;

function jobText(id: string, job: unknown): string {
  const lines = JSON.stringify(job, null, 2).split('\n');
  if (lines.length <= maxJobLines) return lines.join('\n');
  const rest = `… ${lines.length - maxJobLines} more lines: reducto-webhook-dev job ${id}`;
  return [...lines.slice(0, maxJobLines), rest].join('\n');
}

/** A command as it was typed; its result is shown as it is. */
export const anyCommand = (command: CommandId, args: Record<string, unknown>): Task =>
  task({
    command,
    args: args as never,
    running: `${command} …`,
    done: (result: object) => ({
      text: '',
      tone: 'plain',
      sheet: { title: command, text: printJson(result, 2) },
    }),
  });

/** Cancels a piece of work. */
export const cancelWork = (id: string): Task =>
  task({
    command: 'cancel',
    args: { id },
    running: 'cancelling …',
    done: ({ done }) => ({
      text: `Cancelled after ${plural(done, 'attempt')}: what was sent stays recorded`,
      tone: 'warn',
    }),
  });

/** Makes the next attempt of a piece of work at once. */
export const skipWork = (id: string): Task =>
  task({
    command: 'skip',
    args: { id },
    running: 'going on …',
    done: ({ skipped }) =>
      skipped
        ? { text: 'The next attempt is made now', tone: 'good' }
        : { text: 'Nothing is waited for: an attempt is under way', tone: 'plain' },
  });

const holdOrNot = (on: boolean, state: ViewState): Task =>
  task({
    command: 'hold',
    args: { off: !on },
    running: on ? 'holding …' : 'going on …',
    done: ({ held }) =>
      on
        ? {
            text: `Holding what comes in: ${keyFor(state, 'hold')} on one lets it go, ${keyFor(state, 'let-all-go')} lets all go`,
            tone: 'warn',
          }
        : {
            text: `No longer holding${held.length > 0 ? `; ${held.length} still wait: ${keyFor(state, 'let-all-go')} lets all go` : ''}`,
            tone: 'good',
          },
  });

/** Lets deliveries go, in the order given. */
const release = (seqs: readonly number[], held: readonly number[]): Task =>
  task({
    command: 'release',
    args: { id: seqs.map(String) },
    running: `releasing ${seqs.map((each) => `#${each}`).join(', ')} …`,
    done: () => ({
      text: `Released ${seqs.map((each) => `#${each}`).join(', ')} · ${held.length - seqs.length} still held`,
      tone: 'good',
    }),
  });
