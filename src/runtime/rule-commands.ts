import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Attempt, AttemptErrorCode, Delivery, HeaderPair, Outcome } from '../core/delivery.ts';
import { messageOf, mustNotFail } from '../core/errors.ts';
import { headerValue } from '../core/headers.ts';
import { createIdFactory, systemClock } from '../core/ids.ts';
import { freshSummary } from '../core/record.ts';
import { formatDuration } from '../core/units.ts';
import { isVerified } from '../core/verification.ts';
import type { Rules } from '../dispatch/rules.ts';
import type { Store } from '../store/store.ts';
import { StoreWriteError } from '../store/writer.ts';
import { asTree, endTree } from '../tunnel/process-tree.ts';

/** Commands at once, those that may wait, ms that one has, and bytes of output that are kept. */
const atOnce = 4;
const mostWaiting = 1000;
const patienceMs = 30_000;
const keptOutput = 64 * 1024;
/** Longer metadata is no variable: systems limit the environment. It is in the body. */
const longestVariable = 32 * 1024;

type Recorded = Pick<Store, 'delivery' | 'startAttempt' | 'finishAttempt'>;

/** One command for one delivery, by its number: a body that waits is not held in memory. */
interface Run {
  seq: number;
  id: string;
  command: string;
}

/** How a command ended. */
interface End {
  outcome: Outcome;
  note: string;
}

/**
 * Runs the commands of rules for what comes in, some at once, the others in order. Each is kept as an attempt of its
 * delivery, as CGI would answer: exit code 0 is 200, another one 500, and the output (both streams) is the body.
 */
export class RuleCommands {
  readonly #waiting: Run[] = [];
  readonly #running = new Map<Promise<void>, ChildProcess | null>();
  readonly #newId = createIdFactory(systemClock);
  #closed = false;

  /** @param limits for tests */
  constructor(
    private readonly store: Recorded,
    private readonly rules: Rules,
    private readonly limits = { patienceMs, mostWaiting },
  ) {}

  /** Runs the commands for a delivery that came in; what was imported, refused or came in part has none. */
  take({ seq, id, source, intake }: Delivery): void {
    const { commands } = this.rules;
    if (this.#closed || source === 'import' || source === 'check' || intake !== 'complete') return;
    this.rules.count(commands);
    for (const { command } of commands) {
      const run = { seq, id, command };
      if (this.#waiting.length < this.limits.mostWaiting) this.#waiting.push(run);
      else this.#notRun(run, 'dropped', `not run: ${this.limits.mostWaiting} commands wait already`);
    }
    this.#next();
  }

  /** Resolves when all that was taken has ended, which takes each command its time at the most. */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.keys());
  }

  /** Ends what runs, and records that what waits was not run. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const run of this.#waiting.splice(0))
      this.#notRun(run, 'cancelled', 'not run: the tool was stopped');
    for (const child of this.#running.values()) if (child) endTree(child);
    await this.done();
  }

  #next(): void {
    const busy = (): number => [...this.#running.values()].filter((child) => child !== null).length;
    while (this.#waiting.length > 0 && busy() < atOnce) {
      const run = this.#waiting.shift()!;
      const delivery = this.store.delivery(run.seq); // gone, where it was removed meanwhile
      if (delivery && !delivery.broken) this.#run(run, delivery);
    }
  }

  #run(run: Run, delivery: Delivery): void {
    const env = { ...process.env, ...variables(delivery) };
    let child: ChildProcessWithoutNullStreams;
    try {
      child = spawn(run.command, { ...asTree, shell: true, env });
    } catch (error) {
      // What the system has too little room for, it says at once.
      return this.#notRun(run, 'failed', `the command could not be started: ${messageOf(error)}`);
    }
    child.stdin.on('error', () => undefined); // it need not read its input
    child.stdin.end(delivery.body);
    this.#record(run, delivery, endOf(child, this.limits.patienceMs), child);
  }

  #notRun(run: Run, code: AttemptErrorCode, message: string): void {
    const outcome = { kind: 'error', code, message } as const;
    this.#record(run, { method: 'POST', headers: [] }, Promise.resolve({ outcome, note: '' }), null);
  }

  #record(
    { seq, id, command }: Run,
    { method, headers }: { method: string; headers: readonly HeaderPair[] },
    ended: Promise<End>,
    child: ChildProcess | null,
  ): void {
    const { attempt, stored } = this.store.startAttempt({
      id: this.#newId('att'),
      delivery: { seq, id },
      endpoint: command,
      reason: 'exec',
      request: { method, url: `exec:${encodeURIComponent(Buffer.from(command).toString())}`, headers },
      ...{ requestBody: null, faults: [], notes: [], startedAt: systemClock.now() },
    });
    const work = this.#finish(attempt, stored, ended).finally(() => {
      this.#running.delete(work);
      if (!this.#closed) this.#next();
    });
    this.#running.set(work, child);
    mustNotFail(work);
  }

  async #finish(attempt: Attempt, stored: Promise<void>, ended: Promise<End>): Promise<void> {
    const began = performance.now();
    stored.catch(() => undefined); // looked at below
    const { outcome, note } = await ended;
    const durationMs = Math.round((performance.now() - began) * 1000) / 1000;
    try {
      await stored;
      await this.store.finishAttempt({ ...attempt, notes: note === '' ? [] : [note] }, durationMs, outcome);
    } catch (error) {
      if (!(error instanceof StoreWriteError)) throw error; // the store has published why
    }
  }
}

/** What a command finds in its environment; nothing of it is read by the shell. */
function variables(delivery: Delivery): Record<string, string> {
  const { seq, id, receivedAt, source, method, target, headers, verification } = delivery;
  const { jobId, status, metadata } = freshSummary(delivery);
  const verified = isVerified(verification);
  const values: Record<string, string | null | undefined> = {
    SEQUENCE: String(seq),
    ID: id,
    RECEIVED_AT: new Date(receivedAt).toISOString(),
    SOURCE: source,
    METHOD: method,
    PATH: target,
    CONTENT_TYPE: headerValue(headers, 'content-type'),
    JOB_ID: jobId,
    STATUS: status,
    METADATA: metadata !== null && Buffer.byteLength(metadata) <= longestVariable ? metadata : null,
    VERIFIED: verified === null ? null : String(verified),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      // No variable can hold a NUL, which a job id can.
      value == null ? [] : [[`RWD_${name}`, value.replaceAll('\0', '')]],
    ),
  );
}

/** Resolves when a command and its output have ended; it is ended, with all that it has started, after `limitMs`. */
function endOf(child: ChildProcessWithoutNullStreams, limitMs: number): Promise<End> {
  return new Promise((resolve) => {
    const kept: Buffer[] = [];
    let [left, size, late] = [keptOutput, 0, false];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        kept.push(chunk.subarray(0, left));
        left -= Math.min(left, chunk.length);
        size += chunk.length;
      });
    const timer = setTimeout(() => {
      late = child.exitCode === null && child.signalCode === null;
      endTree(child);
    }, limitMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      const message = `the command could not be started: ${messageOf(error)}`;
      resolve({ outcome: { kind: 'error', code: 'failed', message }, note: '' });
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const status = late ? 504 : code === 0 ? 200 : 500;
      resolve({
        outcome: { kind: 'response', status, headers: [], body: Buffer.concat(kept), bodySize: size },
        note: late
          ? `ended after ${formatDuration(limitMs)}: a command has no more time`
          : code === null
            ? `ended by ${signal}`
            : `exit code ${code}`,
      });
    });
  });
}
