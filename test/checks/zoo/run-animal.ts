import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckOptions, type Report, runChecks } from '../../../src/checks/index.ts';
import { parseEndpoint } from '../../../src/core/endpoint.ts';
import { freePort } from '../../support/flask.ts';
import { waitFor } from '../../support/wait.ts';
import { type Animal, commandOf, prepareCommand, secret, svixSecret } from './zoo.ts';

/** A handler of the zoo, ready for a run of checks. */
export interface Cage {
  options: CheckOptions;
  /** Ends everything and takes the files away. */
  open(): Promise<void>;
}

/** Starts a handler with an empty state and says how to check it. */
export async function cage(animal: Animal): Promise<Cage> {
  const dir = mkdtempSync(join(tmpdir(), 'rwd-zoo-'));
  const [port, emulatorPort] = [await freePort(), await freePort()];
  const origin = `http://127.0.0.1:${port}`;
  const log = openSync(join(dir, 'log'), 'a');
  const child = spawn(commandOf(animal, port, dir), {
    shell: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, REDUCTO_BASE_URL: `http://127.0.0.1:${emulatorPort}` },
  });
  const exited = once(child, 'exit');
  const open = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  await waitFor(() => fetch(`${origin}/health`), { what: `${animal.name} to answer`, timeoutMs: 20_000 });
  return {
    open,
    options: {
      endpoint: parseEndpoint(`${origin}/webhook`),
      dataDir: join(dir, 'checks'),
      effectsUrls: [`${origin}/effects`],
      emulatorPort,
      ...(animal.guard === 'secret' ? { secret } : {}),
      ...(animal.guard === 'svix' ? { svixSecret } : {}),
      ...(animal.knowsJobs ? { prepare: prepareCommand(dir) } : {}),
      ...(animal.timeoutMs === undefined ? {} : { timeoutMs: animal.timeoutMs }),
    },
  };
}

/** Runs the checks over a handler. */
export async function runAnimal(animal: Animal, more: Partial<CheckOptions> = {}): Promise<Report> {
  const { options, open } = await cage(animal);
  try {
    return await runChecks({ ...options, ...more });
  } finally {
    await open();
  }
}

/** Ids of the checks that failed, warnings included. */
export const failedIds = ({ results }: Report): string[] =>
  results.filter(({ verdict }) => verdict.outcome === 'failed').map(({ id }) => id);
