import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import crossSpawn from 'cross-spawn';
import { mustNotFail, UserError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { untilAborted, withDeadline } from './pause.ts';
import { asTree, endTree } from './process-tree.ts';
import type { TunnelConnection, TunnelOpenOptions } from './provider.ts';

/** A program that makes a public URL and names it in its output. */
export interface TunnelProgram {
  /** For messages: `cloudflared`. */
  name: string;
  file: string;
  args: readonly string[];
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** The public URL in one line of the program's output, without a slash at its end; null for other lines. */
  urlIn(line: string): string | null;
  /** What is wrong, for a person, where one line says so; null for other lines. */
  problemIn?(line: string): string | null;
  /** How to get it, in a sentence; said when it is not installed. */
  install: string;
  /** What may help where it names no URL, in a clause. */
  unnamed?: string;
  /** How long it may take to name a URL, ms. */
  openWithin?: number;
}

/** Characters of a line that are looked at. */
const longestLine = 4_000;

/** URLs that are kept of those that a program names. */
const mostUrls = 5;

/** ms that whoever has left the program's process group may hold its output open once it has ended. */
const lettingGoMs = 1_000;

/**
 * Starts the program, waits for its URL, and watches it from then on.
 * @throws UserError when it is missing, ends, or names no URL in time; the signal's reason when it was aborted
 */
export async function openProgram(
  program: TunnelProgram,
  { signal, onFailure }: Pick<TunnelOpenOptions, 'signal' | 'onFailure'>,
): Promise<TunnelConnection> {
  const child = start(program);
  const gone = ended(child);
  let closed = false;
  const close = async (): Promise<void> => {
    closed = true;
    child.stdout!.destroy();
    child.stderr!.destroy();
    end(child);
    await gone;
  };
  /** The first line that says what is wrong, and the last of all. */
  let problem: string | null = null;
  let last = '';
  /** The newest first. */
  const named: string[] = [];
  const tell = (sign: string): void => {
    if (!closed) onFailure(`${program.name} ${sign}`);
  };
  try {
    const url = await withDeadline(program.openWithin ?? 20_000, signal, (bounded) =>
      untilAborted(
        new Promise<string>((resolve, reject) => {
          const read = (line: string): void => {
            if (line === '') return;
            const url = program.urlIn(line);
            if (url !== null && !named.includes(url)) {
              named.unshift(url);
              named.length = Math.min(named.length, mostUrls);
              if (named.length > 1) tell('names another URL');
              resolve(url);
            }
            const wrong = program.problemIn?.(line) ?? null;
            if (wrong !== null) tell(`says: ${wrong}`);
            problem ??= wrong; // what follows is most often its consequence
            last = line;
          };
          onLine(child.stdout!, read);
          onLine(child.stderr!, read);
          mustNotFail(gone.then((how) => reject(explain(program, how, problem ?? last))));
        }),
        bounded,
      ),
    );
    mustNotFail(gone.then(({ said }) => tell(said)));
    return { url, named: () => named, note: null, close };
  } catch (error) {
    const said = tail(problem ?? last);
    await close();
    if (!(error instanceof UserError) || error.code !== 'timeout') throw error;
    const help = program.unnamed === undefined ? '' : ` (${program.unnamed})`;
    throw new UserError('tunnel', `${program.name} named no URL${help}: it ${error.message}${said}`);
  }
}

/** How a program ended. */
interface Ended {
  /** `ended with exit code 1`. */
  said: string;
  missing: boolean;
}

const ended = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ said: `can't be started: ${error.message}`, missing: error.code === 'ENOENT' }),
    );
    // "close" comes after the last line of its output.
    child.once('close', (code, signal) =>
      resolve({
        said: signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`,
        missing: code === missingCode,
      }),
    );
  });

const tail = (line: string): string => (line === '' ? '' : `: ${printable(line.slice(0, 300))}`);

function explain({ name, install }: TunnelProgram, { said, missing }: Ended, line: string): UserError {
  return new UserError(
    'tunnel',
    missing ? `${name} is not installed: ${install}` : `${name} ${said}${tail(line)}`,
  );
}

/** The exit code by which a POSIX shell says that there is no such program. */
const missingCode = 127;

/**
 * Runs the program, and ends it, with all that it has started, when this process dies in whatever way (SIGKILL too): the
 * guard reads from a pipe that only we hold open. The process group is its own, and "0" stands for it.
 */
const guard = `
exec 3<&0
command -v "$1" >/dev/null || exit ${missingCode}
"$@" </dev/null 3<&- &
program=$!
trap : TERM
{ trap '' TERM; read _ <&3; kill -s TERM 0; sleep 2; kill -s KILL "$program"; sleep 1; kill -s KILL 0; } >/dev/null 2>&1 &
while wait "$program"; code=$?; kill -0 "$program" 2>/dev/null; do :; done
exit "$code"
`;

/** On Windows there is no guard: the program outlives a tool that was killed. It may be a script there (npm's .cmd). */
function start({ file, args, env }: TunnelProgram): ChildProcess {
  const options = { env: { ...process.env, ...env }, ...asTree };
  const child =
    process.platform === 'win32'
      ? crossSpawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn('/bin/sh', ['-c', guard, 'sh', file, ...args], { ...options, stdio: 'pipe' });
  child.once('exit', () => {
    // A wrapper such as npx may leave the program itself behind.
    endTree(child);
    setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, lettingGoMs).unref();
  });
  return child;
}

/** Asks the program to end; the guard sees to it that it does. */
function end(child: ChildProcess): void {
  if (child.stdin === null) endTree(child);
  else child.stdin.end();
}

/** What goes to a terminal and is no text: titles and links, by their start and their end. */
const commands = /\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?/g;

/** A line as a terminal would show it. */
const shown = (line: string): string =>
  stripVTControlCharacters(line.replace(commands, ''))
    .replaceAll('\t', ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();

/** Of the time, how much reading a program's output may take at most: one that never stops printing has to wait for it. */
const readingShare = 0.1;

/** Calls `listener` with each line of a stream, without control characters and cut to what is looked at. */
function onLine(stream: Readable, listener: (line: string) => void): void {
  const tell = (line: string): void => listener(shown(line.slice(0, longestLine)));
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const began = performance.now();
    const lines = (rest + chunk).split(/[\r\n]+/);
    rest = lines.pop()!.slice(0, longestLine);
    for (const line of lines) tell(line);
    stream.pause();
    const took = performance.now() - began;
    setTimeout(() => stream.resume(), took / readingShare - took).unref();
  });
  stream.on('end', () => tell(rest));
}
