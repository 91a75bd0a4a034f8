import type { Attempt, AttemptReason, Delivery } from '../core/delivery.ts';
import { applyEdits, type Edit } from '../core/edit.ts';
import type { Endpoint } from '../core/endpoint.ts';
import type { Draft } from '../core/faults/fault.ts';
import type { FaultSet } from '../core/faults/fault-set.ts';
import { signReplay } from '../core/resign.ts';
import type { RetrySchedule } from '../core/retry-schedule.ts';
import type { Dispatcher, SendOptions } from './dispatcher.ts';
import type { Job } from './job.ts';
import { runRetries, succeeded } from './retries.ts';

/** How stored deliveries are sent again. */
export interface ReplayOptions {
  reason: AttemptReason;
  /** Where to; the configured endpoints when absent. */
  endpoints?: readonly Endpoint[];
  /** How often each delivery is sent. */
  times: number;
  /** How many may be under way at once. */
  concurrency: number;
  /** ms between two starts; null to go by `speed`. */
  intervalMs: number | null;
  /** At the pace they came, so many times faster; null for as fast as it goes. */
  speed: number | null;
  /** The request to send instead of the delivery's own, as someone has rewritten it. */
  draft?: Draft;
  edits: readonly Edit[];
  /** Keep an old Svix signature and timestamp on purpose. */
  stale: boolean;
  faults: FaultSet;
  retry: { schedule: RetrySchedule; timeScale: number } | null;
  now(): number;
}

/** What a replay came to. */
export interface ReplayResult {
  /** Attempts made, duplicates and retries included. */
  attempts: Attempt[];
  /** How many sends did not end in a 2xx. */
  failed: number;
}

/**
 * Sends deliveries again, in the order given, and records each attempt under its delivery. Everything that was
 * begun is waited for, also when the job is cancelled.
 */
export async function replay(
  dispatcher: Dispatcher,
  load: (seq: number) => Delivery | null,
  seqs: readonly number[],
  options: ReplayOptions,
  job: Job,
): Promise<ReplayResult> {
  const { times, concurrency, intervalMs, speed, now } = options;
  const result: ReplayResult = { attempts: [], failed: 0 };
  const began = now();
  let next = 0;
  let firstReceived: number | null = null;

  const worker = async (): Promise<void> => {
    while (next < seqs.length * times && !job.signal.aborted) {
      const index = next++;
      const delivery = load(seqs[Math.floor(index / times)]!);
      if (delivery === null) continue; // removed since the list was made
      firstReceived ??= delivery.receivedAt;
      const due =
        intervalMs !== null
          ? index * intervalMs
          : speed !== null
            ? (delivery.receivedAt - firstReceived) / speed
            : 0;
      await job.pause(began + due - now(), now);
      if (job.signal.aborted) return;
      const { attempts, ok } = await sendOne(dispatcher, delivery, options, job);
      result.attempts.push(...attempts);
      if (!ok) result.failed += 1;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, seqs.length * times) }, worker));
  job.finish();
  return result;
}

async function sendOne(
  dispatcher: Dispatcher,
  delivery: Delivery,
  options: ReplayOptions,
  job: Job,
): Promise<{ attempts: Attempt[]; ok: boolean }> {
  const attempts: Attempt[] = [];
  const send = async (reason: AttemptReason, note: string | null): Promise<Attempt[]> => {
    const finished = await dispatcher.send(
      delivery,
      reason,
      prepare(dispatcher, delivery, options, note, job),
    );
    const made = finished.map(({ attempt }) => attempt);
    attempts.push(...made);
    return made;
  };
  if (options.retry === null) {
    const ok = (await send(options.reason, null)).every(succeeded);
    job.count(ok);
    return { attempts, ok };
  }
  const ok = await runRetries(
    job,
    {
      ...options.retry,
      now: options.now,
      loseAck: () => options.faults.forSender().plan.lose !== null,
    },
    async (retry, note) => (await send(retry === 0 ? options.reason : 'retry', note))[0]!,
  );
  return { attempts, ok };
}

/** The request of one send: edited, and signed anew at the moment it goes out. */
function prepare(
  dispatcher: Dispatcher,
  delivery: Delivery,
  { draft: rewritten, edits, stale, faults, endpoints, now }: ReplayOptions,
  note: string | null,
  job: Job,
): SendOptions {
  const { headers, body } = rewritten ?? delivery;
  const edited = applyEdits({ headers, body }, edits);
  const changed = edited.body !== delivery.body;
  const mode = stale ? 'stale' : 'fresh';
  const signed = signReplay(edited, { key: dispatcher.signingKey, now: now(), mode, changed });
  const notes = [
    ...(note === null ? [] : [note]),
    ...(edits.length > 0 || rewritten ? ['edited'] : []),
    ...(signed.note === 'not signed' ? [] : [signed.note]),
  ];
  const draft = { headers: signed.headers, body: edited.body };
  return { draft, notes, faults, signal: job.signal, ...(endpoints ? { endpoints } : {}) };
}
