import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onCleanup } from './cleanup.ts';
import { freePort } from './flask.ts';
import { waitFor } from './wait.ts';

const script = fileURLToPath(new URL('../fixtures/sinatra_handler.rb', import.meta.url));

/** Starts a Sinatra handler with Debian's ruby-sinatra. @returns its origin */
export async function startSinatra(): Promise<string> {
  const port = await freePort();
  const child = spawn('/usr/bin/ruby', [script], {
    env: { PATH: '/usr/bin:/bin', PORT: String(port), LANG: 'C.UTF-8' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'close');
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  onCleanup(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  });
  const origin = `http://127.0.0.1:${port}`;
  await waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(`The Sinatra handler ended:\n${log}`);
      return (await fetch(origin)).status === 404;
    },
    { timeoutMs: 30_000, what: 'the Sinatra handler' },
  );
  return origin;
}
