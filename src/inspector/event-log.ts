import { randomUUID } from 'node:crypto';
import type { JobFetch } from '../emulator/fetches.ts';
import type { OfflineEvent } from '../runtime/offline.ts';

/** Events that are kept for those who were away. */
const kept = 20_000;
/** Characters of a path that are kept: it comes from outside. */
const maxPath = 500;

/** An event by what names it: whoever is told asks for what it shows. `n` counts up by one. */
export type LogEvent = { n: number } & (
  | { type: 'delivery' | 'acknowledgement'; seq: number }
  /** An attempt began, or has `ended`. */
  | { type: 'attempt'; seq: number; number: number; ended: boolean }
  | { type: 'removed' | 'check' | 'endpoints' }
  | { type: 'job' | 'unheard'; jobId: string }
  /** A fetch came, or has `ended`: it was answered or given up. */
  | { type: 'fetch'; fetch: JobFetch; ended: boolean }
  /** What the emulated API did wrong on purpose. */
  | { type: 'fault'; method: string; path: string; applied: readonly string[] }
  | { type: 'error'; code: string; message: string }
);

/** The last events of a session, numbered, so that a reader who was away can ask for what came since. */
export class EventLog {
  /** Another one after a restart: numbers of one tell nothing of the other. */
  readonly epoch = randomUUID();
  #events: LogEvent[] = [];
  #last = 0;

  /** The number of the newest event; 0 before there was one. */
  get last(): number {
    return this.#last;
  }

  /** Notes an event; a status is none, as only the last one counts. */
  add(event: OfflineEvent): void {
    if (event.type === 'status') return;
    this.#last += 1;
    this.#events.push(light(event, this.#last));
    // In large steps: a shift for each would cost as much as the rest.
    if (this.#events.length > kept * 1.5) this.#events = this.#events.slice(-kept);
  }

  /**
   * What came after event `n`.
   * @param limit at most this many, the oldest of them
   * @returns null when it is not all there any more, or never was
   */
  since(n: number, limit: number): LogEvent[] | null {
    const first = this.#last - this.#events.length;
    if (!Number.isSafeInteger(n) || n < first || n > this.#last) return null;
    return this.#events.slice(n - first, n - first + limit);
  }
}

function light(event: Exclude<OfflineEvent, { type: 'status' }>, n: number): LogEvent {
  switch (event.type) {
    case 'delivery':
    case 'acknowledgement':
      return { n, type: event.type, seq: event.seq };
    case 'attempt': {
      const { number, outcome } = event.attempt;
      return { n, type: 'attempt', seq: event.seq, number, ended: outcome.kind !== 'pending' };
    }
    case 'error':
      return { n, type: 'error', code: event.code, message: event.message };
    case 'job':
    case 'unheard':
      return { n, type: event.type, jobId: event.job.id };
    case 'fetch':
      return { n, type: 'fetch', fetch: { ...event.fetch }, ended: event.ended };
    case 'fault': {
      const { method, path, applied } = event;
      return { n, type: 'fault', method, path: path.slice(0, maxPath), applied };
    }
    default:
      return { n, type: event.type };
  }
}
