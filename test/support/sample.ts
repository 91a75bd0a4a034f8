import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import sqlite from 'node-sqlite3-wasm';
import { expect } from 'vitest';
import { onCleanup, tempDir } from './cleanup.ts';
import { callCli } from './cli.ts';
import { freePort } from './flask.ts';
import { waitFor } from './wait.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What has to be started for a sample, as its user would. */
const programs = {
  node: () => [process.execPath, 'reducto-webhook.mjs'],
  // Debian's own Python, not one that a version manager has put first in the path.
  python: () => ['/usr/bin/python3', '-u', 'reducto_webhook.py'],
  typescript: (port: number) => [process.execPath, 'next-server.mjs', './route.mjs', String(port)],
} as const;
export type SampleName = keyof typeof programs;
const paths: Record<SampleName, string> = {
  node: '/webhook',
  python: '/webhook',
  typescript: '/api/reducto-webhook',
};

/** A row of the sample's own table. */
export interface DocumentRow {
  job_id: string;
  status: string;
  detail: string | null;
}

/** A handler that `init` wrote, running as a process of its own. */
export interface RunningSample {
  readonly dir: string;
  /** Sends a body as Reducto would. */
  send(
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; json: Record<string, unknown> }>;
  log(): string;
  /** Waits for a line of its log. */
  logged(text: string | RegExp): Promise<void>;
  /** Ends it with SIGKILL, as a crash does. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Its own table; ends the handler first, since one process only may use the file. */
  documents(): Promise<DocumentRow[]>;
}

/** Has `init` write a handler and starts it. */
export async function startSample(
  name: SampleName,
  env: Record<string, string>,
  dir = tempDir(),
): Promise<RunningSample> {
  await writeSample(name, dir);
  const port = await freePort();
  const output: Buffer[] = [];
  let child: ChildProcess | null = null;
  const log = (): string => Buffer.concat(output).toString();
  const url = `http://127.0.0.1:${port}${paths[name]}`;
  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  };
  const start = async (): Promise<void> => {
    const [command, ...args] = programs[name](port);
    const started = spawn(command!, args, {
      cwd: dir,
      env: { PATH: process.env.PATH, PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (chunk: Buffer) => output.push(chunk));
    await waitFor(async () => started.exitCode !== null || (await answers(url)), { timeoutMs: 30_000 });
    if (started.exitCode !== null) throw new Error(`The sample ended with ${started.exitCode}:\n${log()}`);
  };
  onCleanup(kill);
  await start();
  return {
    dir,
    async send(body, headers = {}) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await answer.text();
      return { status: answer.status, json: text.startsWith('{') ? JSON.parse(text) : {} };
    },
    log,
    async logged(text) {
      await waitFor(() => (typeof text === 'string' ? log().includes(text) : text.test(log())), {
        timeoutMs: 20_000,
        what: `${text} in the log:\n${log()}`,
      });
    },
    kill,
    start,
    async documents() {
      await kill();
      return readDocuments(join(dir, 'reducto-jobs.sqlite'));
    },
  };
}

/** Has `init` write a handler, with this repository's packages to be found by it. */
export async function writeSample(name: SampleName, dir: string): Promise<void> {
  const { code, stderr } = await callCli(['init', '--lang', name, '--dir', dir]);
  expect([code, stderr]).toEqual([0, '']);
  symlinkSync(file('../../node_modules'), join(dir, 'node_modules'));
  if (name !== 'typescript') return;
  compiled ??= compile(dir);
  for (const [path, text] of await compiled) writeFileSync(join(dir, path), text);
}

let compiled: ReturnType<typeof compile> | undefined;

/** What a handler in TypeScript is run as: once, as `init` writes the same into each `dir`. */
const compile = (dir: string): Promise<[path: string, text: Uint8Array][]> =>
  Promise.all(
    [
      ['route.mjs', join(dir, 'app/api/reducto-webhook/route.ts')] as const,
      ['next-server.mjs', file('../cli/programs/next-server.ts')] as const,
    ].map(async ([path, entry]) => {
      const { outputFiles } = await build({
        ...{ bundle: true, platform: 'node', format: 'esm', external: ['node-sqlite3-wasm'] },
        ...{ entryPoints: [entry], write: false },
      });
      return [path, outputFiles[0]!.contents];
    }),
  );

async function answers(url: string): Promise<boolean> {
  await (await fetch(url, { method: 'POST', body: '' })).arrayBuffer();
  return true;
}

function readDocuments(path: string): DocumentRow[] {
  // The folder with which this engine locks, left behind by the kill.
  rmSync(`${path}.lock`, { recursive: true, force: true });
  const db = new sqlite.Database(path);
  try {
    db.exec('pragma locking_mode = exclusive'); // a file in WAL mode asks for it
    return db.all('select job_id, status, detail from documents order by job_id') as unknown as DocumentRow[];
  } finally {
    db.close();
  }
}
