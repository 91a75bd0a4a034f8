import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onCleanup, tempDir } from './cleanup.ts';
import { waitFor } from './wait.ts';

/** The built tool's executable; `build.ts` has it built before any test runs. */
export const bin = fileURLToPath(new URL('../../bin/reducto-webhook-dev.js', import.meta.url));

/** One line of `--output json`. */
export interface CliEvent {
  v: number;
  type: string;
  [key: string]: unknown;
}

/** The line that says the receiver takes requests. */
export interface ReadyEvent extends CliEvent {
  type: 'ready';
  receiverUrl: string;
  publicUrl: string | null;
}

/** How a process ended: one of the two is null. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface CliOptions {
  /** Data directory; a new one, gone with the test, when left out. */
  dataDir?: string;
  env?: Record<string, string>;
  /** Working directory; the data directory when left out, so that no config file of ours is found. */
  cwd?: string;
  /** Another installation of the tool than the one built here. */
  executable?: string;
}

/** A `listen --output json` that runs as a process of its own. */
export interface RunningCli {
  readonly pid: number;
  readonly dataDir: string;
  /** Every line so far. */
  readonly events: readonly CliEvent[];
  /** Rejects, with what was on stderr, when the process ends before it is ready. */
  readonly ready: Promise<ReadyEvent>;
  readonly exited: Promise<Exit>;
  stderr(): string;
  /** The first line, past or to come, of that type for which `predicate` holds. */
  waitFor(type: string, predicate?: (event: CliEvent) => unknown, timeoutMs?: number): Promise<CliEvent>;
  /** SIGTERM; resolves once the process is gone. */
  stop(): Promise<Exit>;
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<Exit>;
}

/** Starts `listen` with `args` on a free port; without a tunnel unless `args` name one. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const dataDir = options.dataDir ?? tempDir();
  const defaults = [
    ...(args.some((arg) => /^--port\b/.test(arg)) ? [] : ['--port', '0']),
    ...(args.some((arg) => /^--tunnel\b/.test(arg)) ? [] : ['--tunnel', 'none']),
  ];
  const child = spawn(
    process.execPath,
    [options.executable ?? bin, 'listen', ...args, ...defaults, '--output', 'json', '--data', dataDir],
    { cwd: options.cwd ?? dataDir, env: cleanEnv(dataDir, options.env), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exited = exitOf(child);
  const stderr = collect(child.stderr!);
  const events: CliEvent[] = [];
  const problems: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const event = parseLine(line);
    if (event === null) problems.push(`not a JSON line on stdout: ${line}`);
    else events.push(event);
  });

  const end = (signal: NodeJS.Signals) => async (): Promise<Exit> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return await exited;
  };
  onCleanup(end('SIGKILL'));

  const find = async (
    type: string,
    predicate: (event: CliEvent) => unknown = () => true,
    timeoutMs = 15_000,
  ): Promise<CliEvent> => {
    let gone = false;
    exited.then(() => {
      gone = true;
    }, noop);
    const report = () =>
      `stderr:\n${stderr()}\nlast lines:\n${events
        .slice(-5)
        .map((e) => JSON.stringify(e))
        .join('\n')}`;
    const found = await waitFor(
      () => {
        const event = events.find((candidate) => candidate.type === type && predicate(candidate));
        return event ?? (gone || problems.length > 0 ? 'never' : null);
      },
      { timeoutMs, what: `a line of type "${type}" from the tool` },
    ).catch((error: Error) => {
      throw new Error(`${error.message}; ${report()}`, { cause: error });
    });
    if (found === 'never')
      throw new Error(`${problems[0] ?? `The tool ended before a line "${type}"`}; ${report()}`);
    return found;
  };

  const ready = find('ready') as Promise<ReadyEvent>;
  // Whoever does not await `ready` (a test of a start that fails) must not die of its rejection.
  ready.catch(noop);
  return {
    pid: child.pid!,
    dataDir,
    events,
    ready,
    exited,
    stderr,
    waitFor: find,
    stop: end('SIGTERM'),
    kill: end('SIGKILL'),
  };
}

/** Runs the tool to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions & { input?: string | Uint8Array } = {},
): Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }> {
  const dataDir = options.dataDir ?? tempDir();
  const child = spawn(process.execPath, [options.executable ?? bin, ...args], {
    cwd: options.cwd ?? dataDir,
    env: cleanEnv(dataDir, options.env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = exitOf(child);
  onCleanup(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    return exited;
  });
  const stdout = collect(child.stdout!);
  const stderr = collect(child.stderr!);
  // A tool that ends without reading its input closes the pipe under us: that is its right.
  child.stdin!.on('error', noop).end(options.input ?? '');
  return { ...(await exited), stdout: stdout(), stderr: stderr() };
}

/** This process's environment without what would change the tool's behaviour, and with the test's own data directory. */
function cleanEnv(dataDir: string, extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { WEBHOOK_SECRET, SVIX_SECRET, NO_COLOR, FORCE_COLOR, CI, NODE_OPTIONS, ...env } = process.env;
  return { ...env, REDUCTO_WEBHOOK_DEV_HOME: dataDir, ...extra };
}

/** Resolves when the process is gone and its output is read to the end. */
async function exitOf(child: ChildProcess): Promise<Exit> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

function parseLine(line: string): CliEvent | null {
  try {
    return JSON.parse(line) as CliEvent;
  } catch {
    return null; // told by the caller, with the line
  }
}

const noop = (): void => {};
