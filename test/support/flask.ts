import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onCleanup } from './cleanup.ts';
import { waitFor } from './wait.ts';

const script = fileURLToPath(new URL('../fixtures/flask_handler.py', import.meta.url));

/** The Flask handler, running. */
export interface FlaskHandler {
  /** Where webhooks go. */
  readonly webhookUrl: string;
  readonly port: number;
  /** The job ids it has worked on, in order, each once. */
  processed(): Promise<string[]>;
  /** A job as it fetched it; null when it did not. */
  result(jobId: string): Promise<unknown>;
  /** What it logged. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts a handler in the manner of Reducto's docs with Debian's python3-flask. */
export async function startFlask({
  secret,
  reducto,
}: {
  secret: string;
  /** The API that it fetches each job from; none when absent. */
  reducto?: string;
}): Promise<FlaskHandler> {
  const port = await freePort();
  // Debian's own Python, not one that a version manager has put first in the path.
  const child = spawn('/usr/bin/python3', ['-I', '-u', script], {
    env: {
      ...{ PATH: '/usr/bin:/bin', PORT: String(port), WEBHOOK_SECRET: secret },
      ...(reducto === undefined ? {} : { REDUCTO_BASE_URL: reducto, REDUCTO_API_KEY: 'test-key' }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close');
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const log = (): string => Buffer.concat(output).toString();
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
  };
  onCleanup(stop);

  const processed = async (): Promise<string[]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/processed`);
    return (await answer.json()) as string[];
  };
  const result = async (jobId: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${port}/results/${jobId}`)).json();
  const ready = await waitFor(
    async () => {
      if (child.exitCode !== null) return 'ended';
      return (await processed()) && 'up';
    },
    { timeoutMs: 30_000, what: 'the Flask handler' },
  );
  if (ready === 'ended') throw new Error(`The Flask handler ended:\n${log()}`);
  return { webhookUrl: `http://127.0.0.1:${port}/webhook`, port, processed, result, log, stop };
}

/** A port that was free a moment ago: for servers that can't be asked which one they took. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
