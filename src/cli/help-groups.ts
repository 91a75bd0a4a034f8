import type { Command } from 'commander';
import type { CommandId } from '../runtime/commands/index.ts';

/** The commands that stand beside the command table. */
type OwnCommand =
  | 'listen'
  | 'demo'
  | 'init'
  | 'submit'
  | 'emulate'
  | 'tail'
  | 'wait'
  | 'completion'
  | 'doctor'
  | 'mcp'
  | 'relay'
  | 'inbox';

/** The headings of `--help` in their order, with what stands below each; the first five are all that a newcomer needs. */
const groups = {
  'Start here:': ['listen', 'trigger', 'check', 'demo', 'init'],
  'Look at what came:': [
    ...([
      'list',
      'show',
      'tail',
      'wait',
      'diff',
      'filter',
      'stats',
      'copy',
      'export',
      'import',
      'clear',
    ] as const),
  ],
  'Send it again:': ['replay', 'duplicate', 'retry', 'work', 'skip', 'cancel'],
  'Go wrong on purpose:': ['faults', 'hold', 'release'],
  'More than check:': ['scenario', 'check-runs', 'check-run', 'check-diff'],
  'Real and emulated jobs:': [
    ...(['submit', 'job', 'expect-job', 'emulate', 'emulated-jobs', 'end-job', 'expire-job'] as const),
    ...(['emulator-faults', 'svix-endpoints'] as const),
  ],
  'The public URL, and what comes by it:': ['tunnels', 'reopen-tunnel', 'rules', 'relay', 'inbox'],
  'The tool itself:': ['doctor', 'inspector', 'mcp', 'completion'],
} as const satisfies Record<string, readonly (CommandId | OwnCommand)[]>;

/** A name that no group has; the compiler takes only `never` for it, so that a new command is given its place. */
type Homeless = Exclude<CommandId | OwnCommand, (typeof groups)[keyof typeof groups][number] | 'jobs'>;
const homeless: readonly Homeless[] = [];
void (homeless satisfies readonly never[]);

/** Gives every command of the program its place in `--help`, in the order of the table above. */
export function groupCommands(program: Command): void {
  const places = Object.entries(groups).flatMap(([heading, names]) =>
    names.map((name) => ({ heading, name })),
  );
  const place = (command: Command) => places.findIndex(({ name }) => name === command.name());
  // Commander prints groups in the order in which their first command was added.
  (program.commands as Command[]).sort((a, b) => place(a) - place(b));
  for (const command of program.commands) command.helpGroup(places[place(command)]?.heading ?? '');
  program.commandsGroup('The tool itself:').helpCommand(true);
}
