import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onCleanup, tempDir } from './cleanup.ts';
import { waitFor } from './wait.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The built tool's executable; `build.ts` has it built before any test runs. */
export const bin = join(root, 'bin/reducto-webhook-dev.js');

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
  emulatorUrl: string | null;
  inspectorUrl: string | null;
}

/** How a process ended: one of the two is null. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface CliOptions {
  /** `listen` when left out. */
  command?: 'listen' | 'emulate';
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
  /** Every line so far, and as it was printed. */
  readonly events: readonly CliEvent[];
  readonly lines: readonly string[];
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

/** Starts `listen` (or `emulate`) with `args` on free ports; without a tunnel unless `args` name one. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const dataDir = options.dataDir ?? tempDir();
  const child = spawn(
    process.execPath,
    [options.executable ?? bin, ...listenArgs(options.command ?? 'listen', args, dataDir)],
    {
      cwd: options.cwd ?? dataDir,
      env: cleanEnv(dataDir, options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const exited = exitOf(child);
  const stderr = collect(child.stderr!);
  const end = (signal: NodeJS.Signals) => async (): Promise<Exit> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return await exited;
  };
  onCleanup(end('SIGKILL'));

  const { events, lines, find } = readEvents(child, exited, stderr);
  const ready = find('ready') as Promise<ReadyEvent>;
  // Whoever does not await `ready` (a test of a start that fails) must not die of its rejection.
  ready.catch(noop);
  return {
    pid: child.pid!,
    dataDir,
    events,
    lines,
    ready,
    exited,
    stderr,
    waitFor: find,
    stop: end('SIGTERM'),
    kill: end('SIGKILL'),
  };
}

function listenArgs(command: string, args: readonly string[], dataDir: string): string[] {
  const has = (flag: string): boolean => args.some((arg) => arg.startsWith(flag));
  return [
    ...[command, ...args, '--output', 'json', '--data', dataDir],
    ...(has('--port') ? [] : ['--port', '0']),
    ...(command !== 'listen' || has('--inspector') || has('--no-inspector') ? [] : ['--inspector-port', '0']),
    // `--tunnel-host` asks for a tunnel as well.
    ...(command !== 'listen' || has('--tunnel') ? [] : ['--tunnel', 'none']),
    ...((command === 'emulate' || has('--emulate')) && !has('--emulator-port')
      ? ['--emulator-port', '0']
      : []),
  ];
}

/** Collects the lines of `--output json` and finds one among those that have come or will. */
function readEvents(
  child: ChildProcess,
  exited: Promise<Exit>,
  stderr: () => string,
): { events: readonly CliEvent[]; lines: readonly string[]; find: RunningCli['waitFor'] } {
  const events: CliEvent[] = [];
  const lines: string[] = [];
  let end: string | null = null;
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line);
    const event = parseLine(line);
    if (event === null) end ??= `Not a line of JSON on stdout: ${line}`;
    else events.push(event);
  });
  exited.then(({ code, signal }) => {
    end ??= `The tool ended with ${code ?? signal}`;
  }, noop);

  const report = (problem: string, type: string): string => {
    const last = events.slice(-5).map((event) => JSON.stringify(event));
    return [`${problem} (waiting for "${type}"). stderr:`, stderr(), 'Last lines:', ...last].join('\n');
  };
  const find: RunningCli['waitFor'] = async (type, predicate = () => true, timeoutMs = 15_000) => {
    const look = (): CliEvent | undefined => events.find((event) => event.type === type && predicate(event));
    try {
      await waitFor(() => look() !== undefined || end !== null, { timeoutMs, what: `a line "${type}"` });
    } catch (cause) {
      throw new Error(report((cause as Error).message, type), { cause });
    }
    const event = look();
    if (event === undefined) throw new Error(report(end!, type));
    return event;
  };
  return { events, lines, find };
}

/** Runs the tool to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions & { input?: string | Uint8Array } = {},
): Promise<Ended> {
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

/** How a run of the tool ended, with all that it printed. */
interface Ended extends Exit {
  stdout: string;
  stderr: string;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the built tool to its end in this process, where a start of Node would take most of the time. For arguments,
 * output and exit codes; whatever concerns the process (signals, locks, that it ends at all) has {@link runCli}.
 * One after the other, as there is one working directory: what is called meanwhile waits.
 */
export async function callCli(
  args: readonly string[],
  options: Omit<CliOptions, 'command' | 'executable'> = {},
): Promise<Ended> {
  const dataDir = options.dataDir ?? tempDir();
  const run = last.then(() => inThisProcess(args, options.cwd ?? dataDir, cleanEnv(dataDir, options.env)));
  last = run.catch(noop);
  return await run;
}

const builtProgram = (): Promise<{ main(): Promise<void> }> => (program ??= importProgram());
let program: ReturnType<typeof importProgram> | undefined;

async function importProgram(): Promise<{ main(): Promise<void> }> {
  const { outputs } = JSON.parse(await readFile(join(root, '.cache/build-meta.json'), 'utf8')) as {
    outputs: Record<string, { entryPoint?: string }>;
  };
  const [file] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === 'src/cli/program.ts')!;
  return await import(pathToFileURL(join(root, file)).href);
}

/** Puts what a process has for its own in place, calls the program's main, and puts it all back. */
async function inThisProcess(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  const { main } = await builtProgram();
  const [stdout, stderr] = [printing(), printing()];
  const before = { argv: process.argv, cwd: process.cwd(), env: process.env, exitCode: process.exitCode };
  const streams = (['stdout', 'stderr', 'stdin'] as const).map(
    (name) => [name, Object.getOwnPropertyDescriptor(process, name)!] as const,
  );
  const listeners = process.eventNames().map((name) => [name, process.listeners(name as 'exit')] as const);
  const own = { stdout: stdout.stream, stderr: stderr.stream, stdin: Readable.from([]) };
  for (const [name, value] of Object.entries(own))
    Object.defineProperty(process, name, { value, configurable: true });
  process.argv = [process.execPath, bin, ...args];
  process.env = env;
  process.chdir(cwd);
  process.exitCode = undefined;
  try {
    await main();
    return {
      code: Number(process.exitCode ?? 0),
      signal: null,
      stdout: stdout.text(),
      stderr: stderr.text(),
    };
  } finally {
    for (const [name, descriptor] of streams) Object.defineProperty(process, name, descriptor);
    Object.assign(process, { argv: before.argv, env: before.env, exitCode: before.exitCode });
    process.chdir(before.cwd);
    for (const name of process.eventNames()) {
      const known = listeners.find(([other]) => other === name)?.[1] ?? [];
      for (const listener of process.listeners(name as 'exit'))
        if (!known.includes(listener)) process.removeListener(name, listener);
    }
  }
}

function printing(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
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
