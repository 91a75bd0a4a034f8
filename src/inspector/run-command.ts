import { setTimeout as delay } from 'node:timers/promises';
import { usageError } from '../core/errors.ts';
import { systemClock } from '../core/ids.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { copyToClipboard } from '../runtime/clipboard.ts';
import type { CommandContext } from '../runtime/command.ts';
import { type CommandArgs, type CommandId, type CommandResult, commands } from '../runtime/commands/index.ts';
import { execute } from '../runtime/execute.ts';
import { openStore } from '../store/open.ts';
import { claim } from './claim.ts';
import { RemoteSession } from './client.ts';

/**
 * Runs a command on a data directory: in the `listen` that owns it, or, when none runs, straight on the store.
 * @param onQuarantine told when a damaged history was moved aside
 * @throws UserError as the command does, and when it needs a running `listen`
 */
export async function runCommand<K extends CommandId>(
  dataDir: string,
  id: K,
  args: CommandArgs<K>,
  onQuarantine: (movedTo: string) => void,
): Promise<CommandResult<K>> {
  for (;;) {
    const claimed = await claim(dataDir);
    if ('owner' in claimed) {
      const remote = new RemoteSession(claimed.owner);
      if (await remote.isReady()) return remote.run(id, args);
      await delay(50); // the owner is starting, or is a short command that is about to end
      continue;
    }
    try {
      if (!commands[id].offline)
        throw usageError(
          'not-running',
          `"${id}" needs a running reducto-webhook-dev: start one in another terminal.`,
        );
      return await runOffline(dataDir, id, args, onQuarantine);
    } finally {
      await claimed.release();
    }
  }
}

async function runOffline<K extends CommandId>(
  dataDir: string,
  id: K,
  args: CommandArgs<K>,
  onQuarantine: (movedTo: string) => void,
): Promise<CommandResult<K>> {
  const store = openStore(dataDir, { onQuarantine });
  const dispatcher = new Dispatcher({ store, endpoints: [], timeoutMs: 30_000, clock: systemClock, signingKey: null });
  const context: CommandContext = { store, dispatcher, live: null, copy: copyToClipboard };
  try {
    return await execute(context, id, args);
  } finally {
    await dispatcher.close();
    await store.close();
  }
}
