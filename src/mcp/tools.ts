import * as z from 'zod';
import { type CommandArgs, type CommandId, commands } from '../runtime/commands/index.ts';
import { shownArgs } from '../runtime/describe.ts';
import { ownTools } from './own-tools.ts';
import type { Tool } from './tool.ts';

/** Commands that are no tools, and why. */
const notForAgents: Partial<Record<CommandId, string>> = {
  check: 'run_check and explore run it, with progress and a report to act on',
  scenario: 'run_scenario runs it, in the same way',
  copy: 'the clipboard is a person’s',
  inspector: 'its link lets a browser in, and is a secret',
  jobs: 'the name that "work" had',
};

/** What removes things for good, or ends what others wait for. */
const destructive: readonly CommandId[] = ['clear', 'cancel', 'end-job', 'expire-job'];
/** What changes nothing, though it needs a running tool. */
const readers: readonly CommandId[] = [
  ...(['tunnels', 'job', 'emulated-jobs', 'work', 'stats', 'filter', 'export'] as const),
  ...(['check-runs', 'check-run', 'check-diff'] as const),
];

/** Every tool: those of the command table, and those that only agents have. */
export const tools = (): Tool[] => [
  ...(Object.keys(commands) as CommandId[]).filter((id) => !(id in notForAgents)).map(commandTool),
  ...ownTools,
];

/** The tool's name of a command. */
const toolName = (id: CommandId): string => id.replaceAll('-', '_');

function commandTool(id: CommandId): Tool {
  const { help, example, reads } = commands[id] as (typeof commands)['show'];
  // Secrets are masked for agents, always.
  const { secrets: _, ...shape } = shownArgs(id);
  return {
    name: toolName(id),
    description: `${help}. On the command line: reducto-webhook-dev ${id} ${example}`.trim(),
    args: z.object(shape),
    annotations: {
      readOnlyHint: reads === true || readers.includes(id),
      destructiveHint: destructive.includes(id),
    },
    rest: restOf(id),
    run: async (host, args, { signal }) => ({
      value: await host.run(id, args as CommandArgs<CommandId>, { signal }),
    }),
  };
}

const restOf = (id: CommandId): string =>
  id === 'list'
    ? 'ask with limit and before, or with a narrower filter'
    : id === 'show'
      ? 'read the resource delivery://NUMBER/body?from=CHARACTERS'
      : 'ask for less at once';
