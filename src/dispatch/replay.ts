import type { Attempt, AttemptReason, Delivery, HeaderPair } from '../core/delivery.ts';
import { applyEdits, type Edit } from '../core/edit.ts';
import type { Endpoint } from '../core/endpoint.ts';
import { UserError, usageError } from '../core/errors.ts';
import type { Draft } from '../core/faults/fault.ts';
import type { FaultSet } from '../core/faults/fault-set.ts';
import { signReplay } from '../core/resign.ts';
import type { RetrySchedule } from '../core/retry-schedule.ts';
import type { SendOptions } from './attempts.ts';
import type { Dispatcher } from './dispatcher.ts';
import { runRetries, succeeded } from './retries.ts';
import type { Work } from './work.ts';

/** How stored deliveries are sent again. */
export interface ReplayOptions {
  reason: AttemptReason;
  /** Where to; the configured endpoints when absent. */
  endpoints?: readonly Endpoint[];
  /** How often each delivery is sent. */
  times: number;
  /** How many may be under way at once; as many as a fault that reorders needs, when it needs more. */
  concurrency: number;
  /** ms between two starts; null to go by `speed`. */
  intervalMs: number | null;
  /** At the pace they came, so many times faster; null for as fast as it goes. */
  speed: number | null;
  /** The request to send instead of the delivery's own, as someone has rewritten it. */
  draft?: Draft;
  edits: readonly Edit[];
  /** Signs anew; null when no Svix secret is known. */
  signingKey: Buffer | null;
  /** Keep an old Svix signature and timestamp on purpose. */
  stale: boolean;
  faults: FaultSet;
  retry: { schedule: RetrySchedule; timeScale: number } | null;
  now(): number;
  /** What is left of each send where an earlier run was cut short; null for nothing. */
  left?: ((index: number) => Left | null) | undefined;
  /** Waits until a delivery may go out. @returns false when the tool stops before that */
  pass?: ((seq: number) => Promise<boolean>) | undefined;
  /** Told each attempt as it ends, duplicates and retries included: nothing is gathered here. */
  onAttempt(attempt: Attempt): void;
}

/** What is left of one send. */
export interface Left {
  endpoints: readonly Endpoint[];
  /** The try that is next, from 0, and when it is due, in ms since the epoch. */
  retry: number;
  due: number;
}

/**
 * Sends deliveries again, in the order given, and records each attempt under its delivery. Everything that was
 * begun is waited for, also when the work is cancelled.
 * @returns how many sends did not end in a 2xx
 */
export async function replay(
  dispatcher: Dispatcher,
  load: (seq: number) => Delivery | null,
  seqs: readonly number[],
  options: ReplayOptions,
  work: Work,
): Promise<number> {
  const { times, now } = options;
  const records = new Set<Promise<void>>();
  let failed = 0;
  const total = seqs.length * times;
  const began = now();
  let next = 0;
  let firstReceived: number | null = null;
  let firstIndex: number | null = null;

  const worker = async (): Promise<void> => {
    while (next < total && !work.signal.aborted) {
      const index = next++;
      const left = options.left?.(index);
      if (left === null) continue; // an earlier run has done it
      const delivery = load(seqs[Math.floor(index / times)]!);
      if (delivery === null) continue; // removed since the list was made
      firstReceived ??= delivery.receivedAt;
      firstIndex ??= index;
      const due = dueAfter(options, index - firstIndex, delivery.receivedAt - firstReceived);
      await work.pause(began + due - now(), now);
      if (options.pass && !(await options.pass(delivery.seq))) return;
      if (work.signal.aborted) return;
      if (!(await sendOne(dispatcher, delivery, options, { work, records, index, left }))) failed += 1;
    }
  };
  const workers = Math.min(Math.max(options.concurrency, options.faults.window), total);
  try {
    await Promise.all(Array.from({ length: workers }, worker));
  } catch (error) {
    work.cancel(); // nothing more is begun
    throw error;
  } finally {
    await Promise.all(records); // whoever gets the result finds it in the history too
    work.finish();
  }
  return failed;
}

/** When a send is due, in ms from the first; `gap` is how much later than the first its delivery came. */
function dueAfter({ intervalMs, speed }: ReplayOptions, index: number, gap: number): number {
  if (intervalMs !== null) return index * intervalMs;
  return speed === null ? 0 : gap / speed;
}

/**
 * Refuses edits that don't fit one of the deliveries, before anything is sent.
 * @throws UserError that names the delivery
 */
export function checkEdits(
  load: (seq: number) => Delivery | null,
  seqs: readonly number[],
  edits: readonly Edit[],
): void {
  if (edits.length === 0) return;
  for (const seq of new Set(seqs)) {
    const delivery = load(seq);
    try {
      if (delivery) applyEdits({ headers: delivery.headers, body: delivery.body }, edits);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw usageError(error.code, `#${seq}: ${error.message}`);
    }
  }
}

/** One of the sends of a piece of work. */
interface One {
  work: Work;
  records: Set<Promise<void>>;
  index: number;
  left: Left | undefined;
}

async function sendOne(
  dispatcher: Dispatcher,
  delivery: Delivery,
  options: ReplayOptions,
  { work, records, index, left }: One,
): Promise<boolean> {
  const send = async (retry: number, note: string | null, senderFaults: readonly string[] = []) => {
    const reason = retry === 0 ? options.reason : 'retry';
    const finished = await dispatcher.send(delivery, reason, {
      ...prepare(delivery, options, note),
      ...(left && left.endpoints.length > 0 && retry === left.retry ? { endpoints: left.endpoints } : {}),
      senderFaults,
      signal: work.signal,
      step: { work: work.key, index, retry },
    });
    const made = finished.map(({ attempt }) => attempt);
    for (const { recorded } of finished) keep(records, recorded);
    for (const attempt of made) options.onAttempt(attempt);
    return made;
  };
  if (options.retry === null) {
    const ok = (await send(0, null)).every(succeeded);
    work.count(ok);
    return ok;
  }
  let applied: readonly string[] = [];
  const loseAck = (): boolean => {
    const struck = options.faults.forSender();
    applied = struck.applied;
    return struck.plan.lose !== null;
  };
  // The first endpoint is the one that answers the sender.
  return runRetries(
    work,
    { ...options.retry, now: options.now, loseAck, from: left },
    async (retry, note) => (await send(retry, note, applied))[0]!,
  );
}

/** Keeps a promise as long as it is pending. A failure stays, for whoever waits for all. */
function keep(pending: Set<Promise<void>>, one: Promise<void>): void {
  pending.add(one);
  one.then(
    () => pending.delete(one),
    () => undefined,
  );
}

/** The request of one send: edited, and signed anew at the moment it goes out. */
function prepare(
  delivery: Delivery,
  { draft: rewritten, edits, stale, signingKey, faults, endpoints, now }: ReplayOptions,
  note: string | null,
): SendOptions {
  const { headers, body } = rewritten ?? delivery;
  const edited = applyEdits({ headers, body }, edits);
  const changed = Buffer.compare(edited.body, delivery.body) !== 0;
  const mode = stale ? 'stale' : 'fresh';
  const signed = signReplay(edited, { key: signingKey, now: now(), mode, changed });
  const notes = [
    ...(note === null ? [] : [note]),
    ...(changed || !sameHeaders(edited.headers, delivery.headers) ? ['edited'] : []),
    ...(signed.note === 'not signed' ? [] : [signed.note]),
  ];
  return {
    // The delivery's own body stays the same object: it is not stored a second time.
    draft: { headers: signed.headers, body: changed ? edited.body : delivery.body },
    notes,
    faults,
    // An old signature that is kept on purpose is not to be made good by a fault.
    signingKey: stale ? null : signingKey,
    ...(endpoints ? { endpoints } : {}),
  };
}

const sameHeaders = (some: readonly HeaderPair[], others: readonly HeaderPair[]): boolean =>
  some.length === others.length &&
  some.every(([name, value], i) => name === others[i]![0] && value === others[i]![1]);
