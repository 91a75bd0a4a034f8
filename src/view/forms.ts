import { argumentsOf } from './command-line.ts';
import { exportForm } from './export-form.ts';
import {
  choice,
  chosenTarget,
  deliveriesOnly,
  durationProblem,
  endpointErrors,
  endpointField,
  faultField,
  given,
  idsOf,
  number,
  schedulePreview,
  scheduleProblem,
  splitWords,
  text,
  toggle,
  whatField,
  workFields,
} from './fields.ts';
import type { FormId, Values } from './form.ts';
import type { FormDefinition } from './form-definition.ts';
import { targetArgs, targetName } from './target.ts';
import { targetChoices } from './targets.ts';
import { task } from './task.ts';
import { anyCommand, cancelWork, skipWork } from './tasks.ts';
import { replayTold, retryTold } from './told.ts';
import { triggerForm } from './trigger-form.ts';

/** Every form, by id. */
const forms: Record<FormId, FormDefinition> = {
  trigger: triggerForm,

  replay: {
    title: 'Replay with options',
    verb: 'replay',
    fields: (state) => {
      const what = whatField(targetChoices(state), 'what is sent; several in the order they came');
      return [
        what,
        endpointField,
        number('times', 'times', 1, 'how often each is sent', 100_000),
        number('concurrency', 'at once', 1, 'how many may be under way at the same time', 1000),
        text('interval', 'interval', 'time between two sends, such as 500ms', 'none', durationProblem),
        {
          ...number('speed', 'pace', 0, '1: at the pace they came; 10: ten times faster'),
          ...{ value: '', empty: 'as fast as it goes', min: 0.001, whole: false },
        },
        text(
          'set',
          'set',
          'values of the body to change, such as metadata.user_id=7 status=Failed',
          'nothing',
        ),
        text('header', 'header', 'a header to set, such as x-debug:1; "x-debug:" removes it', 'none'),
        faultField('what to do wrong on purpose, such as duplicate=2,concurrent', 'none'),
        choice('signature', 'signature', 'of Svix deliveries: the old one is past its 300 s', [
          ['fresh', 'signed anew where the secret is known'],
          ['stale', 'kept as it came'],
        ]),
      ];
    },
    errors: { ...endpointErrors, edit: 'set', fault: 'fault' },
    tasks: (values, targets) => {
      const target = chosenTarget(values, targets);
      const what = targetName(target);
      return [
        task({
          command: 'replay',
          args: {
            ...targetArgs(target),
            ...given(values, ['to', 'times', 'concurrency', 'interval', 'speed', 'fault']),
            set: splitWords(String(values.set)),
            header: values.header === '' ? [] : [String(values.header)],
            stale: values.signature === 'stale',
          },
          running: `replaying ${what} …`,
          work: true,
          done: (result) => replayTold('Replayed', what, result),
        }),
      ];
    },
  },

  duplicate: {
    title: 'Send duplicates',
    verb: 'send',
    fields: (state) => {
      const what = whatField(deliveriesOnly(state), 'what is sent');
      return [
        what,
        number('count', 'count', 2, 'how many requests the app gets, all of them alike', 1000),
        toggle('concurrent', 'concurrent', true, 'yes: all at the same instant; no: one after another'),
        endpointField,
      ];
    },
    errors: endpointErrors,
    tasks: (values, targets) => {
      const target = chosenTarget(values, targets);
      const what = targetName(target);
      return [
        task({
          command: 'duplicate',
          args: {
            id: idsOf(target),
            ...given(values, ['count', 'to']),
            concurrent: values.concurrent === true,
          } as never,
          running: `sending duplicates of ${what} …`,
          work: true,
          done: (result) => replayTold('Duplicates of', what, result),
        }),
      ];
    },
  },

  retry: {
    title: 'Retry as its sender would',
    verb: 'start',
    fields: (state) => {
      const what = whatField(deliveriesOnly(state), 'what is sent until the app answers 2xx');
      return [
        what,
        choice(
          'schedule',
          'schedule',
          'reducto-direct: its 3 retries are published, its pauses are assumed',
          [
            ['reducto-direct', 'reducto-direct'],
            ['svix', 'svix'],
            ['custom', 'custom'],
          ],
        ),
        {
          ...text(
            'pauses',
            'pauses',
            'time before each retry, such as 1s,5s,30s',
            undefined,
            scheduleProblem,
          ),
          ...{ value: '1s,5s,30s', when: ({ schedule }: Values) => schedule === 'custom' },
        },
        {
          ...number('timeScale', 'time scale', 1, '100: the schedule runs a hundred times faster'),
          ...{ min: 0.001, whole: false },
        },
        faultField('what to do wrong on purpose: lost-ack:1 hides the first 2xx from the sender', 'none'),
        endpointField,
      ];
    },
    preview: schedulePreview,
    errors: { ...endpointErrors, retry: 'pauses', fault: 'fault' },
    tasks: (values, targets) =>
      idsOf(chosenTarget(values, targets)).map((id) =>
        task({
          command: 'retry',
          args: {
            id,
            schedule: String(values.schedule === 'custom' ? values.pauses : values.schedule),
            ...given(values, ['timeScale', 'fault', 'to']),
          },
          running: `retrying #${id} …`,
          work: true,
          done: (result) => retryTold(`#${id}`, result),
        }),
      ),
  },

  faults: {
    title: 'Faults at work on what comes in',
    verb: 'put to work',
    fields: ({ status: { faults, seed } }) => [
      {
        ...faultField('NAME[=VALUE][:COUNT|:P%], several with spaces between; empty for none', 'none'),
        ...{ value: faults },
      },
      {
        ...number('seed', 'seed', 0, 'the same seed and the same deliveries: the same faults'),
        ...{ value: faults === '' ? '' : String(seed), empty: 'a new one' },
      },
    ],
    errors: { fault: 'fault' },
    tasks: (values) => [
      task({
        command: 'faults',
        args: { set: String(values.fault), ...given(values, ['seed']) },
        running: 'setting faults …',
        done: ({ active, seed }) =>
          active === ''
            ? { text: 'No faults are at work', tone: 'good' }
            : { text: `From now on, on purpose: ${active} (seed ${seed})`, tone: 'warn' },
      }),
    ],
  },

  export: exportForm,

  cancel: {
    title: 'Cancel which?',
    verb: 'cancel',
    fields: workFields,
    errors: {},
    tasks: ({ work }) => [cancelWork(String(work))],
  },

  skip: {
    title: 'Make the next attempt of which?',
    verb: 'go on',
    fields: workFields,
    errors: {},
    tasks: ({ work }) => [skipWork(String(work))],
  },

  command: {
    title: 'Run a command',
    verb: 'run',
    fields: ({ host: { commands = [] } }) => [
      choice(
        'command',
        'command',
        'any of the command line’s, in the tool that runs here',
        commands.map(({ id }) => [id, id]),
      ),
      text('arguments', 'arguments', 'as on the command line, such as last --times 3', 'none'),
    ],
    preview: ({ command }, { host: { commands = [] } }) => {
      const { help, example } = commands.find(({ id }) => id === command)!;
      return example === '' ? help : `${help}, as in: ${example}`;
    },
    errors: { arguments: 'arguments' },
    tasks: ({ command, arguments: line }, _, { host: { commands = [] } }) => {
      const chosen = commands.find(({ id }) => id === command)!;
      return [anyCommand(chosen.id, argumentsOf(chosen, String(line)))];
    },
  },
};

/** A form's row. */
export const formOf = (id: FormId): FormDefinition => forms[id];
