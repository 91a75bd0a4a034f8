import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onCleanup, tempDir } from './cleanup.ts';
import { bin, type Exit } from './cli.ts';
import { waitFor } from './wait.ts';

/** The built tool's `relay`, as a process of its own. */
export interface RelayProcess {
  readonly pid: number;
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly log: readonly Record<string, unknown>[];
  stop(): Promise<Exit>;
  kill(): Promise<Exit>;
}

/** Starts one, on a free port where none is given, and waits until it is ready. */
export async function startRelayProcess({
  dataDir = tempDir(),
  port = 0,
  host = '127.0.0.1',
  args = [] as readonly string[],
} = {}): Promise<RelayProcess> {
  const flags = ['relay', '--host', host, '--port', String(port), '--data', dataDir, ...args];
  const child = spawn(process.execPath, [bin, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => log.push(JSON.parse(line)));
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes;
  });
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  const end = (signal: NodeJS.Signals) => async (): Promise<Exit> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return await exited;
  };
  onCleanup(end('SIGKILL'));
  const ready = await waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(stderr);
      return log.find(({ message }) => message === 'ready');
    },
    { what: `the relay (${JSON.stringify(log)})`, timeoutMs: 20_000 },
  );
  return {
    ...{ pid: child.pid!, url: String(ready.url), port: Number(ready.port), dataDir, log },
    stop: end('SIGTERM'),
    kill: end('SIGKILL'),
  };
}
