import { Command, CommanderError, Option } from 'commander';
import type * as z from 'zod';
import { bugReport, UserError, unlessTooLong, usageError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { version } from '../core/version.ts';
import { emulatorSettings } from '../emulator/settings.ts';
import type { CommandId } from '../runtime/commands/index.ts';
import { commands } from '../runtime/commands/index.ts';
import { flagName } from '../runtime/describe.ts';
import type { Setting } from '../runtime/setting.ts';
import { settings } from '../runtime/settings.ts';
import { tunnelSettings } from '../runtime/tunnel-settings.ts';
import { commandFirst } from './flag-order.ts';
import { surviveGoneTerminal } from './gone-terminal.ts';
import { groupCommands } from './help-groups.ts';
import { addOwnCommands } from './own-commands.ts';
import { watchOutput } from './stdout.ts';

/** Runs the tool for `process.argv` and sets the exit code: 2 for wrong usage, 1 for a failure. */
export async function main(): Promise<void> {
  surviveGoneTerminal();
  watchOutput();
  try {
    const program = createProgram();
    await program.parseAsync(commandFirst(program, process.argv.slice(2)), { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** The command line: `listen` and one subcommand for each row of the command table that has one. */
export function createProgram(): Command {
  const program = new Command('reducto-webhook-dev')
    .description(
      'Develop Reducto webhook handlers on localhost: a public URL, every delivery live, replayed, kept.',
    )
    .version(version)
    .showHelpAfterError('(see reducto-webhook-dev --help)')
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText(
      'after',
      '\nExamples:\n  reducto-webhook-dev 3000\n  reducto-webhook-dev listen --help\n  reducto-webhook-dev replay last',
    );
  addListen(program);
  addEmulate(program);
  addMcp(program);
  addOwnCommands(program);
  for (const id of Object.keys(commands) as CommandId[]) addCommand(program, id);
  groupCommands(program);
  return program;
}

function addListen(program: Command): void {
  const command = program
    .command('listen', { isDefault: true })
    .description('Open a public URL, show what it receives, and pass it on to your app')
    .argument('[endpoint...]', settings.endpoint.help)
    .addHelpText(
      'after',
      '\nExamples:\n  reducto-webhook-dev 3000\n  reducto-webhook-dev http://localhost:3000/webhook --secret s3cret\n  reducto-webhook-dev --tunnel none --output json',
    )
    .action((endpoint: string[], options: Record<string, unknown>) => {
      const name = endpoint.find((one) => program.commands.some((known) => known.name() === one));
      if (name !== undefined)
        throw usageError(
          'usage',
          `"${name}" is a command, with flags of its own that follow it: reducto-webhook-dev ${name} --help`,
        );
      return runListen({ ...options, endpoint });
    });
  addSettings(command, settings);
}

/** ms that a reader has for the last lines. */
const lastLinesMs = 2000;

async function runListen(flags: Record<string, unknown>): Promise<void> {
  const { listen } = await import('./listen.ts');
  await listen(flags);
  // Whatever still waits for an answer from the network (a tunnel that never came up) is not waited for.
  if (!process.stdout.writableNeedDrain || process.stdout.errored) process.exit();
  process.stdout.once('drain', () => process.exit());
  setTimeout(() => process.exit(), lastLinesMs);
}

/** The tools of an agent, on a `listen`. */
function addMcp(program: Command): void {
  const command = program
    .command('mcp')
    .description('Serve an AI agent (MCP, over stdio): deliveries, replay, checks with a report to act on')
    .argument('[endpoint...]', settings.endpoint.help)
    .addHelpText(
      'after',
      `
It works on the listen that runs on the data directory; where none does, on one of its own, with these settings.

Examples:
  reducto-webhook-dev mcp 3000 --emulate --tunnel none
  claude mcp add reducto-webhook-dev -- npx -y reducto-webhook-dev mcp 3000`,
    )
    .action(async (endpoint: string[], options: Record<string, unknown>) => {
      await (await import('./mcp.ts')).mcp({ ...options, endpoint });
      process.exit();
    });
  addSettings(command, settings);
}

/** `listen` without a tunnel, with the emulator. */
function addEmulate(program: Command): void {
  const others = Object.fromEntries(
    Object.entries(settings).filter(([name]) => name !== 'emulate' && !(name in tunnelSettings)),
  );
  const command = program
    .command('emulate')
    .description(
      'Run the Reducto API on this machine: jobs, results and webhooks, without account and network',
    )
    .argument('[endpoint...]', 'your app, for what comes in at the receiver: a port or URL')
    .addHelpText(
      'after',
      `\n--emulator NAME=VALUE sets any of these (*assumed*: no official source states it):\n${emulatorHelp()}
\nExamples:\n  reducto-webhook-dev emulate\n  reducto-webhook-dev emulate --job-time 0-500ms --emulator-fault 429:20% --output json\n  reducto-webhook-dev emulate --emulator failRate=10% --emulator retrySpeed=10`,
    )
    .action((endpoint: string[], options: Record<string, unknown>) =>
      runListen({ ...options, endpoint, emulate: true, tunnel: 'none' }),
    );
  addSettings(command, others);
}

const emulatorHelp = (): string =>
  Object.entries(emulatorSettings)
    .map(([name, { help, assumed, default: value }]) => {
      const what = `${help}${assumed ? ' *assumed*' : ''}`;
      return `  ${name.padEnd(21)} ${what}${value === '' ? '' : ` (default: ${value})`}`;
    })
    .join('\n');

function addSettings(
  command: Command,
  table: Readonly<Record<string, Pick<Setting, 'flag' | 'flags' | 'env' | 'help' | 'repeats'>>>,
): void {
  for (const [name, setting] of Object.entries(table)) {
    if (setting.flags) addList(command, name, setting.flags);
    if (setting.flag === undefined) continue;
    const option = new Option(setting.flag, helpOf(setting));
    command.addOption(setting.repeats ? option.argParser(collect) : option);
    // commander gives every --no-x a default, which would hide what the environment and the config file say.
    if (option.negate) command.setOptionValue(option.attributeName(), undefined);
  }
}

/** Several flags that fill one list, in the order in which they are given. */
function addList(command: Command, name: string, flags: NonNullable<Setting['flags']>): void {
  const list: Record<string, string>[] = [];
  for (const [kind, { flag, help }] of Object.entries(flags))
    command.addOption(new Option(flag, help).argParser((text) => void list.push({ [kind]: text })));
  command.setOptionValue(name, list);
}

/**
 * Gathers what a flag is given several times. Not commander's own `<value...>`, which would take everything that
 * follows for another value: in `--fault drop 3000` the port.
 */
const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

const helpOf = (setting: { help: string; env?: string }): string =>
  setting.env ? `${setting.help} (env: ${setting.env})` : setting.help;

/** What an argument says of itself: its help, what its value is, and whether it is in no help. */
interface ArgumentMeta {
  description?: string;
  value?: string;
  hidden?: boolean;
}

function addCommand(program: Command, id: CommandId): void {
  const { help, example, args, positional = [], hidden = false } = commands[id] as (typeof commands)['show'];
  const command = program.command(id, { hidden }).description(help);
  const shape: Record<string, z.ZodType> = args.shape;
  for (const [name, schema] of Object.entries(shape)) {
    const { description = '', value = 'value', hidden } = (schema.meta() ?? {}) as ArgumentMeta;
    if (hidden) continue;
    const optional = schema.safeParse(undefined).success;
    const many = schema.safeParse(['x']).success;
    if ((positional as readonly string[]).includes(name)) {
      const form = many ? `${name}...` : name;
      command.argument(optional ? `[${form}]` : `<${form}>`, description);
    } else if (schema.safeParse(true).data === true) command.option(flagOf(name), description);
    else if (many) command.option(`${flagOf(name)} <${value}>`, `${description} (may be repeated)`, collect);
    else command.option(`${flagOf(name)} <${value}>`, description);
  }
  for (const [flag, text, repeats] of extraFlags[id] ?? [])
    if (repeats) command.option(flag, `${text} (may be repeated)`, collect);
    else command.option(flag, text);
  if (id !== 'check' && id !== 'scenario')
    command.option('--output <format>', 'plain or json (one object a line)');
  command
    .option('--data <dir>', settings.data.help)
    .addHelpText('after', helpAfter[id] ?? `\nExample:\n  reducto-webhook-dev ${id} ${example}`.trimEnd())
    .action(async (...parameters: unknown[]) => {
      const options = parameters.at(-2) as Record<string, unknown>;
      const given: [string, unknown][] = positional.map((name, i) => [name, parameters[i]]);
      const named = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      if (id === 'check') return (await import('./check.ts')).check({ ...options, ...named });
      if (id === 'scenario') return (await import('./scenario.ts')).scenario({ ...options, ...named });
      await (await import('./history.ts')).history(id, options, named);
    });
}

const reporting = [
  ['--reporter <name[=file]>', 'junit, json, markdown or github; without a file it is printed', 'repeats'],
  ['--report-file <file>', 'where the one without a file goes'],
] as const;

/** What the command line adds to a command of the table: other ways to print, and the user's editor. */
const extraFlags: Partial<
  Record<CommandId, readonly (readonly [flag: string, help: string, repeats?: 'repeats'])[]>
> = {
  show: [
    ['--raw', "only the body's bytes, exactly as they arrived"],
    ['--curl', 'as a curl command'],
    ['--httpie', 'as an HTTPie command'],
    ['--har', 'as a HAR file'],
    ['--fixture', 'as a fixture for tests'],
  ],
  replay: [['--edit', 'change headers and body in $EDITOR first']],
  check: [
    ['--list', 'show the checks'],
    ...reporting,
    ['--against <run>', 'only what is new counts: last, or a file of --reporter json'],
    ['--script <file>', 'with --explore: where the script of curl commands goes (default: it is printed)'],
    ['--write-scenario <file>', 'with --explore: where what was found goes as a scenario, to be run again'],
  ],
  scenario: reporting,
};

/** What follows the help of a command, where that is more than its example. */
const helpAfter: Partial<Record<CommandId, string>> = {
  scenario: `
run makes them happen, new writes one to begin with, schema prints the JSON Schema that editors complete them from.
What the flags say goes before what the files say. Exit code 0: all passed; 1: one failed; 2: one can't be read.

Examples:
  reducto-webhook-dev scenario new scenarios/duplicate.yaml
  reducto-webhook-dev scenario run scenarios/*.yaml --reporter junit=report.xml
  reducto-webhook-dev check --explore … --write-scenario scenarios/found.yaml`,
};

const flagOf = (name: string): string => `--${flagName(name)}`;

/** Says what went wrong, in one line where the user can act on it. @returns the exit code */
function report(thrown: unknown): number {
  const error = unlessTooLong(thrown);
  // commander has printed its own message by now; its "errors" include --help and --version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    process.stderr.write(`reducto-webhook-dev: ${printable(error.message, true)}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${bugReport(error)}\n`);
  return 1;
}
