import * as z from 'zod';
import { unlessTooLong, usageError } from '../core/errors.ts';
import type { Caller, CommandContext } from './command.ts';
import { type CommandId, type CommandResult, commands } from './commands/index.ts';

/**
 * Runs a command of the table with arguments from outside.
 * @throws UserError when there is no such command, its arguments are wrong, or what it gives is too long
 */
export async function execute<K extends CommandId>(
  context: CommandContext,
  id: K,
  args: unknown,
  caller: Caller = {},
): Promise<CommandResult<K>> {
  if (!Object.hasOwn(commands, id))
    throw usageError('no-command', `There is no command "${id}": use ${Object.keys(commands).join(', ')}.`);
  const command = commands[id];
  const parsed = z.strictObject(command.args.shape).safeParse(args ?? {});
  if (!parsed.success) throw usageError('arguments', `${id}: ${explainIssue(parsed.error)}`);
  try {
    // The table ties each id to its own arguments and result; TypeScript can't follow that through the lookup.
    return (await command.run({ ...context, ...caller }, parsed.data as never)) as CommandResult<K>;
  } catch (error) {
    throw unlessTooLong(error);
  }
}

/** The first problem that zod found, in one line that names the key. */
function explainIssue(error: z.ZodError): string {
  const issue = error.issues[0]!;
  if (issue.code === 'unrecognized_keys') return `there is no "${issue.keys[0]}"`;
  const path = issue.path.join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
