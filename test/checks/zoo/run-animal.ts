import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckOptions, type Report, runChecks } from '../../../src/checks/index.ts';
import { parseEndpoint } from '../../../src/core/endpoint.ts';
import { type Animal, chosen, commandOf, prepareCommand, secret, svixSecret, zoo } from './zoo.ts';

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening'); // rejects on an error
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

let drawn = 0;

/**
 * A port that stays ours while the app that has it is down: none of those that the system hands out to whoever asks
 * for any, and another one than those of other processes and of this one's other handlers.
 */
async function ownPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + (process.pid % 100) * 100 + (drawn++ % 100);
    if (await isFree(port)) return port;
  }
}

/** Runs something with the options to check a handler of the zoo, which begins with an empty state. */
export async function withAnimal<T>(
  animal: Animal,
  work: (options: CheckOptions, dir: string) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'rwd-zoo-'));
  const port = await ownPort();
  const origin = `http://127.0.0.1:${port}`;
  try {
    return await work(
      {
        endpoint: parseEndpoint(`${origin}/webhook`),
        start: { command: commandOf(animal, port, dir), readyUrl: `${origin}/health`, cwd: dir },
        dataDir: join(dir, 'checks'),
        effectsUrls: [`${origin}/effects`],
        ...(animal.guard === 'secret' ? { secret } : {}),
        ...(animal.guard === 'svix' ? { svixSecret } : {}),
        ...(animal.knowsJobs ? { prepare: prepareCommand(dir) } : {}),
        ...(animal.metadata ? { metadata: animal.metadata } : {}),
        ...chosen(animal),
        ...(animal.timeoutMs === undefined ? {} : { timeoutMs: animal.timeoutMs }),
      },
      dir,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs the checks over a handler. */
export const runAnimal = (animal: Animal, more: Partial<CheckOptions> = {}): Promise<Report> =>
  withAnimal(animal, (options) => runChecks({ ...options, ...more }));

/** Ids of the checks that failed, warnings included. */
export const failedIds = ({ results }: Report): string[] =>
  results.filter(({ verdict }) => verdict.outcome === 'failed').map(({ id }) => id);

/** A handler of the zoo by its name. */
export const animalNamed = (name: string): Animal => zoo.find((animal) => animal.name === name)!;

/** Does `work` for every item, `width` of them at a time. */
export async function inTurns<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    while (queue.length > 0) await work(queue.shift() as T);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
