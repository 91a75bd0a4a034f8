import type { Argument, Command, Option } from 'commander';
import * as z from 'zod';
import { reporters } from '../../checks/report/index.ts';
import { checks } from '../../checks/table/index.ts';
import { faultKinds, qualifiedName } from '../../core/faults/index.ts';
import { jobTypes, triggerEvents } from '../../core/trigger-events.ts';
import { emulatorSettings } from '../../emulator/settings.ts';
import { commands } from '../../runtime/commands/index.ts';
import { settings } from '../../runtime/settings.ts';
import { tunnelProviders } from '../../tunnel/providers/index.ts';
import { samples } from '../samples.ts';
import { shellNames } from './line.ts';
import type { CompletionTable, FlagRow, Values, Words } from './spec.ts';

const words = (...texts: readonly string[]): Words => ({ words: texts.map((text) => [text, ''] as const) });

const known: Record<string, Words> = {
  faults: {
    between: ' ',
    words: faultKinds.flatMap((kind) => {
      const name = qualifiedName(kind);
      const asked = kind.form !== null && !kind.form.startsWith('[');
      return [[asked ? `${name}=` : name, kind.help] as const, [kind.example, 'for example'] as const];
    }),
  },
  tunnels: { between: ',', ...words(...new Set([...Object.keys(tunnelProviders), 'none'])) },
  checks: { between: ',', words: checks.map(({ id, title }) => [id, title] as const) },
  emulator: {
    words: Object.entries(emulatorSettings).map(([name, { help }]) => [`${name}=`, help] as const),
  },
  languages: { words: Object.entries(samples).map(([name, { title }]) => [name, title] as const) },
  events: words(...Object.keys(triggerEvents)),
  types: words(...jobTypes),
  reporters: words(...Object.keys(reporters)),
  schedules: words('reducto-direct', 'svix'),
  shells: words(...shellNames),
  ack: words('app', 'now'),
  output: words('plain', 'json'),
  actions: words('run', 'new', 'schema'),
  screens: words('tui', 'plain'),
};

/** What arguments hold, by command and name, or by name where they are no enum and no path, which say so themselves. */
const values: Readonly<Record<string, Values>> = {
  filter: 'filter',
  query: 'filter',
  fault: 'faults',
  'faults set': 'faults',
  'faults check': 'faults',
  tunnel: 'tunnels',
  only: 'checks',
  skip: 'checks',
  'listen emulator': 'emulator',
  'emulate emulator': 'emulator',
  lang: 'languages',
  event: 'events',
  type: 'types',
  reporter: 'reporters',
  retry: 'schedules',
  schedule: 'schedules',
  shell: 'shells',
  ack: 'ack',
  output: 'output',
  'demo output': 'screens',
  'help command': 'commands',
  data: 'dirs',
  dir: 'dirs',
  schema: 'files',
  split: 'files',
  options: 'files',
  input: 'files',
  reportFile: 'files',
  script: 'files',
  writeScenario: 'files',
  'scenario action': 'actions',
  'scenario files': 'files',
  id: 'deliveries',
  'diff before': 'deliveries',
  'diff after': 'deliveries',
  'job id': 'jobs',
  'expect-job id': 'jobs',
  'emulated-jobs id': 'emulated',
  'end-job id': 'emulated',
  'expire-job id': 'emulated',
  'check-run id': 'runs',
  'check-diff before': 'runs',
  'check-diff after': 'runs',
  'cancel id': 'work',
  'skip id': 'work',
};

/** What completion has to know of a program. */
export function completionTable(program: Command): CompletionTable {
  const table: CompletionTable = { default: 'listen', commands: [], words: { ...known } };
  for (const command of program.createHelp().visibleCommands(program)) {
    const place = (name: string): Values | null => valuesOf(table, command.name(), name);
    const last = command.registeredArguments.at(-1);
    table.commands.push({
      name: command.name(),
      help: command.description(),
      places: command.registeredArguments.map((argument: Argument) => place(camelCase(argument.name()))),
      ...(last?.variadic ? { goesOn: true as const } : {}),
      flags: program
        .createHelp()
        .visibleOptions(command)
        .map((option) => flagRow(option, place)),
    });
  }
  return table;
}

function flagRow(option: Option, place: (name: string) => Values | null): FlagRow {
  const { long, short, description, required, optional } = option;
  return {
    names: [long, short].filter((name) => name != null),
    help: description,
    ...(required || optional ? { values: place(option.attributeName()) } : {}),
    ...(optional ? { optional: true as const } : {}),
    ...(option.variadic || option.parseArg ? { repeats: true as const } : {}),
  };
}

/** What an argument of a command holds; the words of an enum are added to the table. */
function valuesOf(table: CompletionTable, command: string, name: string): Values | null {
  const own = values[`${command} ${name}`];
  if (own !== undefined) return own;
  const schema = schemaOf(command, name);
  if (schema?.meta()?.path === true) return 'files';
  const options = schema === null ? null : enumOf(schema);
  if (options !== null) {
    const id = options.join('|');
    table.words[id] ??= words(...options);
    return id;
  }
  return values[name] ?? null;
}

function schemaOf(command: string, name: string): z.ZodType | null {
  const shape: Record<string, z.ZodType> =
    command in commands
      ? commands[command as keyof typeof commands].args.shape
      : command === 'listen' || command === 'emulate'
        ? Object.fromEntries(Object.entries(settings).map(([key, { schema }]) => [key, schema]))
        : {};
  return shape[name] ?? null;
}

/** The words of an enum, whatever it is wrapped in; null for any other schema. */
function enumOf(schema: z.ZodType): string[] | null {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional)
    return enumOf(schema.unwrap() as z.ZodType);
  return null;
}

const camelCase = (name: string): string => name.replace(/-./g, (pair) => pair[1]!.toUpperCase());
