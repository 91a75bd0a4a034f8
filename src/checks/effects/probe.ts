import { spawn } from 'node:child_process';
import { UserError } from '../../core/errors.ts';
import { fetchFromApp } from '../../dispatch/connect.ts';
import type { Emulator } from '../../emulator/emulator.ts';

/** Something that can be asked what state the app is in. */
export interface Probe {
  /** As reports name it. */
  name: string;
  /**
   * `effects`: what it sees must happen once. `submissions`: the same, but a handler need not have any. `fetches`:
   * reading a job twice does no harm by itself, so this decides only where nothing better does.
   */
  kind: 'effects' | 'submissions' | 'fetches';
  /** A snapshot, as text. @throws ProbeError */
  snapshot(): Promise<string>;
}

/** A probe that can't say anything: the run ends with exit code 3. */
export class ProbeError extends UserError {
  constructor(message: string) {
    super('probe', message, 3);
  }
}

const maxOutput = 64 * 1024 * 1024;

/** `--effects CMD`: the output of a shell command. @param timeoutMs after which the command is ended */
export function commandProbe(command: string, cwd: string, timeoutMs = 30_000): Probe {
  return {
    name: `--effects ${JSON.stringify(command)}`,
    kind: 'effects',
    snapshot: () =>
      new Promise((resolve, reject) => {
        // A process group of its own, so that what the shell has started ends with it.
        const child = spawn(command, { shell: true, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
        const output: Buffer[] = [];
        const errors: Buffer[] = [];
        let size = 0;
        const fail = (why: string): void => {
          clearTimeout(timer);
          reject(new ProbeError(`The effects command failed: ${why}.\n  ${command}`));
        };
        const end = (why: string): void => {
          if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
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
          const said = Buffer.concat(errors).toString().trim().slice(-500);
          fail(`exit code ${code ?? signal}${said === '' ? '' : `: ${said}`}`);
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

/** Every fetch of a job from the emulated API. */
export const fetchProbe = (emulator: Emulator): Probe => ({
  name: 'job fetches',
  kind: 'fetches',
  async snapshot() {
    return JSON.stringify(emulator.fetches().map(({ jobId }) => jobId));
  },
});

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/**
 * Every job that the app itself submits to the emulated API: at Reducto each is paid for.
 * @param isOurs whether a job was made by a check
 */
export function submissionProbe(emulator: Emulator, isOurs: (jobId: string) => boolean): Probe {
  const submitted = new Map<string, string>();
  emulator.subscribe((event) => {
    if (event.type !== 'job' || isOurs(event.job.id) || submitted.has(event.job.id)) return;
    const { id, type, config, metadata } = event.job;
    const named = [...JSON.stringify([config, metadata]).matchAll(uuid)]
      .map(([found]) => found)
      .filter(isOurs);
    const jobs = [...new Set(named)].join(', ');
    submitted.set(id, `submits a job: ${type}${jobs === '' ? '' : ` for ${jobs}`}`);
  });
  return {
    name: 'jobs submitted',
    kind: 'submissions',
    snapshot: async () => JSON.stringify([...submitted.values()]),
  };
}
