import { Command, CommanderError, Option } from 'commander';
import type { z } from 'zod';
import { bugReport, UserError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { version } from '../core/version.ts';
import { emulatorSettings } from '../emulator/settings.ts';
import type { CommandId } from '../runtime/commands/index.ts';
import { commands } from '../runtime/commands/index.ts';
import { settings } from '../runtime/settings.ts';
import { type CheckFlags, declareCheck } from './check-flags.ts';
import { surviveGoneTerminal } from './gone-terminal.ts';
import { addOwnCommands } from './own-commands.ts';
import { watchOutput } from './stdout.ts';

/** Runs the tool for `process.argv` and sets the exit code: 2 for wrong usage, 1 for a failure. */
export async function main(): Promise<void> {
  surviveGoneTerminal();
  watchOutput();
  try {
    await createProgram().parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** The command line: `listen` and one subcommand for each row of the command table that has one. */
function createProgram(): Command {
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
  addCheck(program);
  addEmulate(program);
  addOwnCommands(program);
  for (const id of Object.keys(commands) as CommandId[]) addCommand(program, id);
  return program;
}

function addCheck(program: Command): void {
  const command = program
    .command('check')
    .description('Prove that a handler is idempotent, or show what breaks it')
    .addHelpText(
      'after',
      '\nExample:\n  reducto-webhook-dev check http://localhost:3000/webhook --effects "psql -tA -c \'select job_id, count(*) from documents group by 1\'"',
    )
    .action(async (url: string | undefined, options: CheckFlags) => {
      const { check } = await import('./check.ts');
      await check(url, options);
    });
  declareCheck(command);
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
    .action((endpoint: string[], options: Record<string, unknown>) => runListen({ ...options, endpoint }));
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

/** `listen` without a tunnel, with the emulator. */
function addEmulate(program: Command): void {
  const { emulate, tunnel, tunnelHost, subdomain, ...others } = settings;
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
  table: Readonly<Record<string, { flag?: string; help: string; repeats?: boolean }>>,
): void {
  for (const setting of Object.values(table)) {
    if (setting.flag === undefined) continue;
    const option = new Option(setting.flag, helpOf(setting));
    command.addOption(setting.repeats ? option.argParser(collect) : option);
  }
  // commander gives every --no-x a default, which would hide what the environment and the config file say.
  command.setOptionValue('color', undefined);
}

/**
 * Gathers what a flag is given several times. Not commander's own `<value...>`, which would take everything that
 * follows for another value: in `--fault drop 3000` the port.
 */
const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

const helpOf = (setting: { help: string; env?: string }): string =>
  setting.env ? `${setting.help} (env: ${setting.env})` : setting.help;

function addCommand(program: Command, id: CommandId): void {
  const { help, example, args, positional = [], hidden = false } = commands[id] as (typeof commands)['show'];
  const command = program.command(id, { hidden }).description(help);
  const shape: Record<string, z.ZodType> = args.shape;
  for (const [name, schema] of Object.entries(shape)) {
    const { description = '', hidden } = (schema.meta() ?? {}) as { description?: string; hidden?: boolean };
    if (hidden) continue;
    const optional = schema.safeParse(undefined).success;
    const many = schema.safeParse(['x']).success;
    if ((positional as readonly string[]).includes(name)) {
      const form = many ? `${name}...` : name;
      command.argument(optional ? `[${form}]` : `<${form}>`, description);
    } else if (schema.safeParse(true).data === true) command.option(flagOf(name), description);
    else if (many) command.option(`${flagOf(name)} <value>`, `${description} (may be repeated)`, collect);
    else command.option(`${flagOf(name)} <value>`, description);
  }
  for (const [flag, text] of extraFlags[id] ?? []) command.option(flag, text);
  command
    .option('--output <format>', 'plain or json (one object a line)')
    .option('--data <dir>', settings.data.help)
    .addHelpText('after', `\nExample:\n  reducto-webhook-dev ${id} ${example}`.trimEnd())
    .action(async (...parameters: unknown[]) => {
      const options = parameters.at(-2) as Record<string, unknown>;
      const given: [string, unknown][] = positional.map((name, i) => [name, parameters[i]]);
      const { history } = await import('./history.ts');
      await history(id, options, Object.fromEntries(given.filter(([, value]) => value !== undefined)));
    });
}

/** What the command line adds to a command of the table: other ways to print, and the user's editor. */
const extraFlags: Partial<Record<CommandId, readonly (readonly [string, string])[]>> = {
  show: [
    ['--raw', "only the body's bytes, exactly as they arrived"],
    ['--curl', 'as a curl command'],
    ['--httpie', 'as an HTTPie command'],
    ['--har', 'as a HAR file'],
    ['--fixture', 'as a fixture for tests'],
  ],
  replay: [['--edit', 'change headers and body in $EDITOR first']],
};

const flagOf = (name: string): string => `--${flagName(name === 'secrets' ? 'showSecrets' : name)}`;
const flagName = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Says what went wrong, in one line where the user can act on it. @returns the exit code */
function report(error: unknown): number {
  // commander has printed its own message by now; its "errors" include --help and --version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UserError) {
    process.stderr.write(`reducto-webhook-dev: ${printable(error.message, true)}\n`);
    return error.exitCode;
  }
  process.stderr.write(`${bugReport(error)}\n`);
  return 1;
}
