import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError, usageError } from '../core/errors.ts';
import { fetchFromApp } from '../dispatch/connect.ts';
import { asTree, endTree } from '../tunnel/process-tree.ts';
import type { StartOptions } from './options.ts';
import { isUp } from './reach.ts';

/** ms that a start may take: a bundler may have to run first. */
const readyMs = 60_000;
/** ms between a polite end and a hard one. */
const politeMs = 3000;
/** Characters of the app's output that are kept for error messages. */
const keptOutput = 8000;
/** Lines of it that are shown. */
const outputLines = 15;

/** The app, started by the checks: a process group that can be killed and started again. */
export class App {
  #child: ChildProcess | null = null;
  #output = '';
  #cold = true;

  /** @param env what the app is told beside the user's own environment */
  constructor(
    private readonly options: StartOptions,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /**
   * Starts it and waits until it takes requests.
   * @throws UserError when it ends before, is not ready in time, or something else has its port
   */
  async start(): Promise<void> {
    const { command, cwd, readyUrl } = this.options;
    const { origin } = new URL(readyUrl);
    if (await isUp(origin))
      throw usageError(
        'port-in-use',
        `Something listens at ${origin} already: end it, or leave out --start to check what runs there.`,
      );
    const child = spawn(command, {
      shell: true,
      cwd,
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...asTree,
    });
    this.#child = child;
    this.#cold = true;
    process.once('exit', this.#endWithUs);
    let ended: string | null = null;
    child.once('error', (error) => {
      ended = error.message;
    });
    child.once('exit', (code, signal) => {
      ended = `exit code ${code ?? signal}`;
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk).slice(-keptOutput);
      });
    const deadline = performance.now() + readyMs;
    while (!(await answers(readyUrl))) {
      if (ended !== null) throw this.#failure(`ended before it was ready (${ended})`);
      if (performance.now() > deadline)
        throw this.#failure(`was not ready within ${readyMs / 1000} s at ${readyUrl}`);
      await delay(25);
    }
  }

  /** Whether it was started anew and has not been warmed up since. */
  get cold(): boolean {
    return this.#cold;
  }

  /** To be told once it works as fast as it can. */
  warmed(): void {
    this.#cold = false;
  }

  /** What it has printed since this was asked for last: the last lines of it. */
  takeOutput(): string[] {
    const text = this.#output.trim();
    this.#output = '';
    return text === '' ? [] : text.split('\n').slice(-outputLines);
  }

  /** Ends it with all that it has started, at once; `gone` waits for its end. */
  kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): void {
    if (this.#child) endTree(this.#child, signal);
  }

  /** Waits until nothing listens there any more. */
  async gone(): Promise<void> {
    const { origin } = new URL(this.options.readyUrl);
    const deadline = performance.now() + politeMs;
    while (await isUp(origin)) {
      if (performance.now() > deadline)
        throw new UserError(
          'app-stays',
          `Something still listens at ${origin} after the app was killed: --start must keep the app in its own process group (no daemon, no container left behind).`,
          3,
        );
      await delay(10);
    }
  }

  /** Kills it, if it still runs, and starts it again. @throws UserError as `start` does */
  async restart(): Promise<void> {
    this.kill();
    process.off('exit', this.#endWithUs);
    await this.gone();
    await this.start();
  }

  /** Ends it: politely first. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.kill('SIGTERM');
    const deadline = performance.now() + politeMs;
    while (child.exitCode === null && child.signalCode === null && performance.now() < deadline)
      await delay(10);
    this.kill();
    this.#child = null;
    process.off('exit', this.#endWithUs);
  }

  #endWithUs = (): void => this.kill();

  #failure(what: string): UserError {
    return new UserError('start', `The app ${what}: ${this.options.command}`, 3, {
      lines: this.takeOutput(),
    });
  }
}

/** Whether an HTTP server answers there with less than 500. */
async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetchFromApp(url, { signal: AbortSignal.timeout(2000), redirect: 'manual' });
    await answer.arrayBuffer();
    return answer.status < 500;
  } catch {
    return false; // not yet
  }
}
