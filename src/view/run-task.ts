import type { CommandArgs, CommandResult } from '../runtime/commands/index.ts';
import type { Session } from '../runtime/session.ts';
import type { Task } from './task.ts';

/** What whoever looks at the screen has beside them, where that is another place than the tool's. */
export interface TaskHost {
  /** Puts text on their clipboard; false where that is not allowed. By the tool when absent. */
  clipboard?: (text: string) => Promise<boolean>;
  /** Has them download a file of the tool's API. The tool writes one when absent. */
  download?: (path: string) => void;
}

/** Runs a task's command; what goes to a clipboard or a file goes to that of who looks. */
export async function runTask(
  session: Session,
  { clipboard, download }: TaskHost,
  { command, args }: Task,
): Promise<CommandResult<Task['command']>> {
  if (command === 'copy' && clipboard) {
    const { text } = await session.run('copy', { ...(args as CommandArgs<'copy'>), print: true });
    return { text, copied: await clipboard(text) };
  }
  if (command === 'export' && download) {
    const {
      file = '',
      id = [],
      filter = '',
      format = 'ndjson',
      secrets = false,
      scrub = false,
      scrubPath = [],
      scrubKeep = [],
    } = args as CommandArgs<'export'>;
    const exported = id.length > 0 ? id.length : (await session.run('filter', { query: filter })).matches;
    const query = new URLSearchParams({ filter, format, file, secrets: String(secrets) });
    if (scrub) query.set('scrub', 'true');
    for (const path of [scrubPath].flat()) query.append('scrubPath', path);
    for (const path of [scrubKeep].flat()) query.append('scrubKeep', path);
    // Not an entry for each: thousands may be marked.
    download(`/api/export?${query}${id.length > 0 ? `&id=${[id].flat().join(',')}` : ''}`);
    return { exported, warnings: [], file };
  }
  return session.run(command, args);
}
