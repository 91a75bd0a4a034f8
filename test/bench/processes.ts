import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The tool's executable. `npm run bench` runs in the repository's folder. */
export const bin = resolve('bin/reducto-webhook-dev.js');

/** Another process, which ends by its id. */
export interface Running {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** One of `programs/`, bundled. */
export const program = (name: string): string => resolve('.cache/bench/programs', `${name}.js`);

/** A program that has printed its first line. */
export interface Program extends Running {
  readonly line: string;
  /** The next line that it prints. @throws Error when it ends before */
  nextLine(): Promise<string>;
}

/** Starts a program that first prints a line, and gives that line. */
export async function startProgram(name: string, args: readonly string[] = []): Promise<Program> {
  const child = spawn(process.execPath, [program(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const nextLine = async (): Promise<string> => {
    const [line] = (await Promise.race([
      once(lines, 'line'),
      ended(child).then(() => Promise.reject(new Error(`${name} ended before it printed a line`))),
    ])) as [string];
    return line;
  };
  return { child, line: await nextLine(), nextLine, stop: () => stop(child) };
}

/** Runs a program to its end and gives the JSON it printed. */
export async function runProgram<T>(name: string, args: readonly string[]): Promise<T> {
  const child = spawn(process.execPath, [program(name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  await ended(child);
  if (child.exitCode !== 0) throw new Error(`${name} failed with ${child.exitCode ?? child.signalCode}`);
  return JSON.parse(Buffer.concat(output).toString()) as T;
}

/** Starts `listen` without a tunnel, its plain lines going to /dev/null; resolves once it takes connections. */
export async function startTool(
  args: readonly string[] = [],
  dataDir = newDataDir(),
  env: NodeJS.ProcessEnv = {},
): Promise<Running & { url: string }> {
  const port = await freePort();
  const all = [...listenArgs(dataDir, port), '--output', 'plain', ...args];
  return { ...(await startBin(all, port, dataDir, env)), url: `http://127.0.0.1:${port}/webhook` };
}

/** Starts a command of ours in a data directory that goes with it; resolves once it takes connections at `port`. */
export async function startBin(
  args: readonly string[],
  port: number,
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Running> {
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: dataDir,
    env: { ...process.env, ...env },
  });
  await untilListening(port, child);
  return {
    child,
    stop: async () => {
      await stop(child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs a command of ours to its end. @throws Error when it fails */
export async function runBin(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  await ended(child);
  if (child.exitCode !== 0) throw new Error(`${args[0]} failed with ${child.exitCode ?? child.signalCode}`);
}

/** The arguments that every `listen` of ours has. */
export const listenArgs = (dataDir: string, port: number): string[] => [
  ...['listen', '--tunnel', 'none', '--port', String(port), '--data', dataDir],
];

/** A fresh data directory on a real disk: on a tmpfs "on disk" would cost nothing. */
export function newDataDir(): string {
  mkdirSync('.cache/bench-data', { recursive: true });
  const tmpfs = 0x01021994;
  if (statfsSync('.cache/bench-data').type === tmpfs)
    throw new Error('.cache is on a tmpfs: benchmark on a real disk.');
  return mkdtempSync(resolve('.cache/bench-data/run-'));
}

/** Resolves when the process is gone. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Ends a process; resolves when it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await ended(child);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves once `child` takes connections at `port`. @throws Error when it ends before */
export async function untilListening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const socket = connect(port, '127.0.0.1');
    const connected = await new Promise((answer) => {
      socket.once('connect', () => answer(true)).once('error', () => answer(false));
    });
    socket.destroy();
    if (connected) return;
    await pause(20);
  }
  throw new Error(`The tool ended with ${child.exitCode}`);
}

/** Waits: for a process to settle, where there is nothing to be told. */
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
