import type { ViewState } from '../state.ts';
import { targetSeqs } from '../targets.ts';
import type { KeyRow } from './row.ts';
import {
  noCheck,
  noCommands,
  noDelivery,
  noEditor,
  noFaults,
  noJob,
  noneAtAll,
  noTargets,
  noTunnel,
  nothingHeld,
  nothingWaits,
  noUrl,
  noWork,
} from './why.ts';

const both = ['list', 'detail'] as const;
const everywhere = ['list', 'detail', 'filter', 'form', 'question', 'sheet'] as const;
const send = { category: 'Send', contexts: both } as const;
const wrong = { category: 'Let it go wrong', contexts: both } as const;
const out = { category: 'Take out', contexts: both } as const;
const tool = { category: 'The tool', contexts: both } as const;

/** How many a key would act on, where they are several. */
const several = (state: ViewState): string => {
  const { length } = targetSeqs(state);
  return length > 1 ? ` ${length}` : '';
};

const holdsTarget = (state: ViewState): boolean =>
  targetSeqs(state).some((seq) => state.status.held.includes(seq));

/** What is done to deliveries, and to what comes in. */
export const sendingRows: readonly KeyRow[] = [
  {
    ...send,
    command: 'next-attempt',
    action: { type: 'work', how: 'skip' },
    help: 'of a retry schedule under way: make the next attempt now',
    hint: 'next now',
    urgent: true,
    whyNot: nothingWaits,
    runs: ['skip'],
  },
  {
    ...send,
    command: 'cancel',
    action: { type: 'work', how: 'cancel' },
    help: 'cancel what is under way; what was sent stays recorded',
    hint: 'cancel',
    urgent: true,
    whyNot: noWork,
    runs: ['cancel'],
  },
  {
    ...send,
    command: 'replay',
    action: { type: 'run', task: 'replay' },
    help: 'replay: send it to the app again, as it was',
    now: (state) => `replay${several(state)}: send it to the app again, as it was`,
    hint: (state) => `replay${several(state)}`,
    whyNot: noTargets,
    runs: ['replay'],
  },
  {
    ...send,
    command: 'replay-with-options',
    action: { type: 'form', form: 'replay' },
    help: 'replay with options: how often, how fast, changed, with faults, somewhere else',
    whyNot: noTargets,
    runs: ['replay'],
  },
  {
    ...send,
    command: 'edit-and-replay',
    action: { type: 'edit-replay' },
    help: 'edit headers and body (in a terminal with $EDITOR), then replay it',
    hint: 'edit',
    whyNot: noEditor,
    runs: ['show', 'replay'],
  },
  {
    ...send,
    command: 'duplicate',
    action: { type: 'form', form: 'duplicate' },
    help: 'send duplicates: one after another, or all at the same instant',
    hint: 'dup',
    whyNot: noTargets,
    runs: ['duplicate'],
  },
  {
    ...send,
    command: 'retry',
    action: { type: 'form', form: 'retry' },
    help: 'retry it as Reducto or Svix would, until the app answers 2xx',
    hint: 'retry',
    whyNot: noTargets,
    runs: ['retry'],
  },

  {
    ...wrong,
    command: 'faults',
    action: { type: 'form', form: 'faults' },
    help: 'faults: what goes wrong on purpose with what comes in',
    hint: 'faults',
    runs: ['faults'],
  },
  {
    ...wrong,
    command: 'clear-faults',
    action: { type: 'run', task: 'clear-faults' },
    help: 'clear the faults: nothing goes wrong on purpose any more',
    hint: 'no faults',
    whyNot: noFaults,
    runs: ['faults'],
  },
  {
    ...wrong,
    command: 'hold',
    action: { type: 'run', task: 'hold' },
    help: 'hold what comes in, or stop that; on one that is held: let it go to the app',
    now: (state) =>
      holdsTarget(state)
        ? 'let it go to the app'
        : state.status.holding
          ? 'hold no more of what comes in'
          : 'hold what comes in back from the app',
    hint: (state) => (holdsTarget(state) ? 'let go' : state.status.holding ? 'hold no more' : 'hold'),
    runs: ['hold', 'release'],
  },
  {
    ...wrong,
    command: 'let-all-go',
    action: { type: 'run', task: 'let-go' },
    help: 'stop holding, and let everything go that is held',
    hint: 'all go',
    whyNot: nothingHeld,
    runs: ['hold', 'release'],
  },
];

/** What is taken out, and the tool itself. */
export const toolRows: readonly KeyRow[] = [
  {
    ...out,
    command: 'copy-url',
    action: { type: 'run', task: 'copy-url' },
    help: 'copy the public URL',
    hint: 'copy URL',
    whyNot: noUrl,
    runs: ['copy'],
  },
  {
    ...out,
    command: 'copy-curl',
    action: { type: 'run', task: 'copy-curl' },
    help: 'copy the delivery as a curl command',
    hint: 'curl',
    whyNot: noDelivery,
    runs: ['copy'],
  },
  {
    ...out,
    command: 'export',
    action: { type: 'form', form: 'export' },
    help: 'export to a file: har, ndjson, fixture, curl, httpie',
    hint: 'export',
    whyNot: noneAtAll,
    runs: ['export'],
  },
  {
    ...out,
    command: 'view-job',
    action: { type: 'run', task: 'view-job' },
    help: 'view its job with the result, as the emulator or Reducto has it',
    hint: 'job',
    whyNot: noJob,
    runs: ['job'],
  },

  {
    ...tool,
    command: 'view-check',
    action: { type: 'view-check' },
    help: 'view the run of the checks that is under way, check by check',
    hint: 'check',
    whyNot: noCheck,
  },
  {
    ...tool,
    command: 'show-secrets',
    action: { type: 'toggle-secrets' },
    help: 'show or hide secrets',
    now: ({ secrets }) => (secrets ? 'hide secrets' : 'show secrets'),
    hint: ({ secrets }) => (secrets ? 'hide secrets' : 'secrets'),
  },
  {
    ...tool,
    contexts: ['list'],
    command: 'trigger',
    action: { type: 'form', form: 'trigger' },
    help: 'new delivery: its job, metadata, signature, faults; sent to the app',
    hint: 'new delivery',
    runs: ['trigger'],
  },
  {
    ...tool,
    command: 'open-page',
    action: { type: 'run', task: 'open-page' },
    help: 'open the web page in the browser',
    terminal: true,
    hint: 'page',
    whyNot: ({ status }) => (status.inspectorUrl === null ? 'No page is served (--no-inspector).' : null),
    runs: ['inspector'],
  },
  {
    ...tool,
    command: 'reopen-tunnel',
    action: { type: 'run', task: 'reopen-tunnel' },
    help: 'close the tunnel and open it again under the same name',
    whyNot: noTunnel,
    runs: ['reopen-tunnel'],
  },
  {
    ...tool,
    contexts: ['list'],
    command: 'clear',
    action: { type: 'ask', task: 'clear' },
    help: 'clear: remove every delivery (asks first)',
    hint: 'clear',
    whyNot: noneAtAll,
    runs: ['clear'],
  },
  {
    ...tool,
    command: 'run-command',
    action: { type: 'form', form: 'command' },
    help: 'run any command of the command line: trigger, import, expect-job, end-job …',
    hint: 'command',
    whyNot: noCommands,
  },
  { ...tool, command: 'help', action: { type: 'help' }, help: 'this help', hint: 'help' },
  { ...tool, command: 'quit', action: { type: 'quit' }, help: 'quit', hint: 'quit', terminal: true },
  {
    ...tool,
    contexts: everywhere,
    command: 'redraw',
    action: { type: 'redraw' },
    help: 'draw the screen anew',
    terminal: true,
  },
  {
    ...tool,
    contexts: everywhere,
    command: 'quit-at-once',
    action: { type: 'quit' },
    help: 'quit, wherever you are',
    fixed: true,
    terminal: true,
  },
];
