import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, UserError } from '../core/errors.ts';
import type { RemoteSession } from '../inspector/client.ts';
import { follow, type Place, type ToolMessage } from '../inspector/follow.ts';
import { findRunning, type RunningTool } from './running.ts';

/** A message, and the tool that it came from, which is asked for what it tells of. */
export interface Told {
  session: RemoteSession;
  message: ToolMessage;
}

// How often it is looked whether a tool that ended is back.
const lookMs = 250;

/**
 * Everything that the tool on a data directory tells, across lost connections and restarts: then a message with `reset`
 * says that something in between was missed.
 * @param signal ends it
 * @throws UserError when none runs to begin with
 */
export async function* watchTool(dataDir: string, signal: AbortSignal): AsyncGenerator<Told> {
  let place: Place | null = null;
  let tool = await findRunning(dataDir, { awaited: 'anybody' });
  if (tool === null)
    throw new UserError(
      'not-running',
      `No reducto-webhook-dev runs on ${dataDir}: start one in another terminal, or name its folder with --data.`,
    );
  while (!signal.aborted) {
    const { session } = tool;
    let lost = 'it was closed';
    try {
      for await (const message of follow(tool.owner, place, signal)) {
        place = message;
        yield { session, message };
      }
    } catch (error) {
      lost = messageOf(error); // refused, or broken off: it is tried again
    }
    if (signal.aborted) return;
    note(`The connection is lost (${lost}): waiting for reducto-webhook-dev to come back.`);
    tool = await backAgain(dataDir, signal);
    if (tool === null) return;
    note('The connection is back.');
  }
}

/** Waits for a tool that takes commands. @returns null when `signal` came first */
async function backAgain(dataDir: string, signal: AbortSignal): Promise<RunningTool | null> {
  while (!signal.aborted) {
    const tool = await findRunning(dataDir, { awaited: 'anybody', patienceMs: 0 });
    if (tool !== null) return tool;
    await delay(lookMs, undefined, { signal }).catch(() => undefined); // what ended the wait is seen above
  }
  return null;
}

const note = (line: string): void => void process.stderr.write(`${line}\n`);
