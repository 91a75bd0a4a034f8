import type { CommandArgs, CommandResult } from '../runtime/commands/index.ts';
import type { Session } from '../runtime/session.ts';
import type { Task } from './task.ts';

/** What whoever looks at the screen has beside them, where that is another place than the tool's. */
export interface TaskHost {
  /** Puts text on their clipboard; false where that is not allowed. By the tool when absent. */
  clipboard?: (text: string) => Promise<boolean>;
  /** Gives them a file. The tool writes it when absent. */
  save?: (name: string, text: string) => void;
}

/** Runs a task's command; what goes to a clipboard or a file goes to that of who looks. */
export async function runTask(
  session: Session,
  { clipboard, save }: TaskHost,
  { command, args }: Task,
): Promise<CommandResult<Task['command']>> {
  if (command === 'copy' && clipboard) {
    const { text } = await session.run('copy', { ...(args as CommandArgs<'copy'>), print: true });
    return { text, copied: await clipboard(text) };
  }
  if (command === 'export' && save) {
    const { file = '', ...rest } = args as CommandArgs<'export'>;
    const { text = '', ...exported } = await session.run('export', rest);
    save(file, text);
    return { ...exported, file };
  }
  return session.run(command, args);
}
