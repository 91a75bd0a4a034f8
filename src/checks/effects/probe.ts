import { spawn } from 'node:child_process';
import { messageOf, UserError } from '../../core/errors.ts';
import { fetchFromApp } from '../../dispatch/connect.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import { asTree, endTree } from '../../tunnel/process-tree.ts';
import { lastLines } from '../command.ts';
import { idsIn } from './labels.ts';

/** Something that can be asked what state the app is in. */
export interface Probe {
  /** As reports name it. */
  name: string;
  /**
   * `effects`: what it sees must happen once. `submissions`: the same, but a handler need not have any. `fetches`:
   * reading a job twice does no harm, so this tells only that something goes on.
   */
  kind: 'effects' | 'submissions' | 'fetches';
  /** A snapshot, as text. @throws ProbeError */
  snapshot(): Promise<string>;
}

/** A probe that can't say anything: the run ends with exit code 3. */
export class ProbeError extends UserError {
  constructor(message: string, lines: readonly string[] = []) {
    super('probe', message, 3, { lines });
  }
}

const maxOutput = 64 * 1024 * 1024;

/**
 * `--effects CMD`: the output of a shell command.
 * @param values what it finds in its environment besides
 * @param timeoutMs after which the command is ended
 */
export function commandProbe(
  command: string,
  cwd: string,
  values: Readonly<Record<string, string>> = {},
  timeoutMs = 30_000,
): Probe {
  return {
    name: `--effects ${JSON.stringify(command)}`,
    kind: 'effects',
    snapshot: () =>
      new Promise((resolve, reject) => {
        const env = { ...process.env, ...values };
        const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
        const child = spawn(command, { shell: true, cwd, env, stdio, ...asTree });
        const output: Buffer[] = [];
        const errors: Buffer[] = [];
        let size = 0;
        const fail = (why: string, said: readonly string[] = []): void => {
          clearTimeout(timer);
          reject(new ProbeError(`The effects command failed (${why}): ${command}`, said));
        };
        const end = (why: string): void => {
          if (child.exitCode === null) endTree(child);
          fail(why);
        };
        const timer = setTimeout(() => end(`it did not end within ${timeoutMs / 1000} s`), timeoutMs);
        child.stdout.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxOutput) end('it prints more than 64 MB');
          else output.push(chunk);
        });
        child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
        child.once('error', (error) => fail(error.message));
        child.once('close', (code, signal) => {
          clearTimeout(timer);
          if (code === 0) return resolve(Buffer.concat(output).toString());
          // The reason stands at the end of what runtimes print.
          fail(`exit code ${code ?? signal}`, lastLines(Buffer.concat(errors).toString()));
        });
      }),
  };
}

/** `--effects-url URL`: the body of an answer 2xx. */
export function urlProbe(url: string, timeoutMs = 30_000): Probe {
  const failed = (why: string): ProbeError => new ProbeError(`${url} gives no effects: ${why}.`);
  return {
    name: `--effects-url ${url}`,
    kind: 'effects',
    async snapshot() {
      let answer: Awaited<ReturnType<typeof fetchFromApp>>;
      let text: string;
      try {
        answer = await fetchFromApp(url, { signal: AbortSignal.timeout(timeoutMs) });
        text = await answer.text();
      } catch (error) {
        throw failed(String((error as { cause?: Error }).cause?.message ?? (error as Error).message));
      }
      if (!answer.ok) throw failed(`it answers ${answer.status}`);
      return text;
    },
  };
}

/**
 * Effects as a function of a test: what it gives, as JSON. A Map is its entries, a Set its values, a bigint its digits.
 * @param read may give a promise
 * @param timeoutMs after which it is not waited for any more
 */
export function functionProbe(read: () => unknown, timeoutMs = 30_000): Probe {
  return {
    name: 'the effects function',
    kind: 'effects',
    async snapshot() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const give = (): void => reject(new Error(`it did not end within ${timeoutMs / 1000} s`));
        timer = setTimeout(give, timeoutMs);
      });
      try {
        const value = await Promise.race([(async () => read())(), late]);
        if (value === undefined) throw new Error('it returned nothing: return what your app has stored');
        return typeof value === 'string' ? value : JSON.stringify(value, asJson);
      } catch (error) {
        throw new ProbeError(`The effects function failed: ${messageOf(error)}.`);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const asJson = (_key: string, value: unknown): unknown =>
  value instanceof Map || value instanceof Set
    ? [...value]
    : typeof value === 'bigint'
      ? String(value)
      : value;

/**
 * The fetches of jobs from the emulated API, so that what goes on is seen. Not those of a job that was answered 404 before:
 * it may be asked for without end.
 */
export const fetchProbe = (emulator: Emulator): Probe => ({
  name: 'job fetches',
  kind: 'fetches',
  async snapshot() {
    const gone = new Set<string>();
    const ids = emulator.fetches().flatMap(({ jobId, status }) => {
      if (gone.has(jobId)) return [];
      if (status === 404) gone.add(jobId);
      return [jobId];
    });
    return JSON.stringify(ids);
  },
});

/**
 * Every job that the app itself submits to the emulated API: at Reducto each is paid for.
 * @param isOurs whether a job was made by a check
 */
export function submissionProbe(emulator: Emulator, isOurs: (jobId: string) => boolean): Probe {
  const submitted = new Map<string, string>();
  emulator.subscribe((event) => {
    if (event.type !== 'job' || isOurs(event.job.id) || submitted.has(event.job.id)) return;
    const { id, type, config, metadata } = event.job;
    const jobs = idsIn(JSON.stringify([config, metadata]))
      .filter(isOurs)
      .join(', ');
    submitted.set(id, `submits a job: ${type}${jobs === '' ? '' : ` for ${jobs}`}`);
  });
  return {
    name: 'jobs submitted',
    kind: 'submissions',
    snapshot: async () => JSON.stringify([...submitted.values()]),
  };
}
