import { plural } from './format.ts';
import { targetSeq, type ViewState } from './state.ts';
import { targetName, targetSeqs } from './targets.ts';
import { type Task, task } from './task.ts';
import { replayTold } from './told.ts';

/** What a key has run: one command, several one after another, or in words why there is nothing to do. */
export type Tasks = Task | readonly Task[] | string;

const none = 'There is no delivery yet.';

/** A task over the delivery that is open or selected. */
const onDelivery =
  (make: (seq: number, state: ViewState) => Task) =>
  (state: ViewState): Tasks => {
    const seq = targetSeq(state);
    return seq === null ? none : make(seq, state);
  };

/** A task over the deliveries that are marked, else the one that is open or selected. */
const onTargets =
  (make: (seqs: readonly number[], state: ViewState) => Tasks) =>
  (state: ViewState): Tasks => {
    const seqs = targetSeqs(state);
    return seqs.length === 0 ? none : make(seqs, state);
  };

/** What keys can have run: each makes its commands from the state. */
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

  replay: onTargets((seqs) => {
    const what = targetName({ kind: 'deliveries', seqs });
    return task({
      command: 'replay',
      args: { id: seqs.map(String) },
      running: `replaying ${what} …`,
      work: true,
      done: (result) => replayTold('Replayed', what, result),
    });
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
        },
      }),
    }),
  ),

  hold: (state) => {
    const { held, holding } = state.status;
    const waiting = targetSeqs(state).filter((seq) => held.includes(seq));
    return waiting.length > 0 ? release(waiting, held) : holdOrNot(!holding);
  },

  'let-go': ({ status: { holding, held } }) => {
    if (!holding && held.length === 0) return 'Nothing is held.';
    return [
      holdOrNot(false),
      task({
        command: 'release',
        args: {},
        running: 'releasing …',
        done: ({ released }) => ({
          text: `Holding ended${released > 0 ? `, ${plural(released, 'delivery', 'deliveries')} released` : ''}`,
          tone: 'good',
        }),
      }),
    ];
  },

  'clear-faults': ({ status: { faults } }) =>
    faults === ''
      ? 'No faults are at work.'
      : task({
          command: 'faults',
          args: { set: '' },
          running: 'clearing the faults …',
          done: () => ({ text: `Cleared ${faults}: no faults are at work now`, tone: 'good' }),
        }),

  cancel: ({ status: { work } }) =>
    work.length === 0 ? 'Nothing is under way.' : cancelWork(work.at(-1)!.id),

  skip: ({ status: { work } }) => (work.length === 0 ? 'Nothing is under way.' : skipWork(work.at(-1)!.id)),

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
} as const satisfies Record<string, (state: ViewState) => Tasks>;

export type TaskId = keyof typeof tasks;

/** Lines of a job's result beyond which a page is of no use. */
const maxJobLines = 5000;

function jobText(id: string, job: unknown): string {
  const lines = JSON.stringify(job, null, 2).split('\n');
  if (lines.length <= maxJobLines) return lines.join('\n');
  const rest = `… ${lines.length - maxJobLines} more lines: reducto-webhook-dev job ${id}`;
  return [...lines.slice(0, maxJobLines), rest].join('\n');
}

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

const holdOrNot = (on: boolean): Task =>
  task({
    command: 'hold',
    args: { off: !on },
    running: on ? 'holding …' : 'going on …',
    done: ({ held }) =>
      on
        ? { text: 'Holding what comes in: h on one lets it go, H lets all go', tone: 'warn' }
        : {
            text: `No longer holding${held.length > 0 ? `; ${held.length} still wait: H lets all go` : ''}`,
            tone: 'good',
          },
  });

/** Lets deliveries go, in the order given. */
const release = (seqs: readonly number[], held: readonly number[]): Task[] =>
  seqs.map((seq) =>
    task({
      command: 'release',
      args: { id: String(seq) },
      running: `releasing #${seq} …`,
      done: () => ({
        text: `Released ${seqs.map((each) => `#${each}`).join(', ')} · ${held.length - seqs.length} still held`,
        tone: 'good',
      }),
    }),
  );
