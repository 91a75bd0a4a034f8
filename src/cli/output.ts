import { setImmediate as turn } from 'node:timers/promises';
import { codingsOf } from '../core/content-coding.ts';
import { UserError, unlessTooLong } from '../core/errors.ts';
import { freshSummary, maskSummary } from '../core/record.ts';
import { logSafe, printable } from '../core/text.ts';
import { clockTime } from '../core/time.ts';
import type { JobRecord } from '../emulator/record.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { RuntimeEvent } from '../runtime/session.ts';
import { createOutputEvents, eventJson, type OutputEvent, readyEvent } from './events.ts';
import { attemptLine, deliveryLine, inBrackets, reasons } from './format.ts';
import { LineWriter } from './line-writer.ts';
import { takeOutput } from './stdout.ts';

/**
 * Prints a running tool to stdout, as lines of JSON or for people, until the process ends. A reader that is slow is
 * waited for, one that has gone is not: neither keeps a delivery from being taken.
 */
export function printRuntime(runtime: Runtime, format: 'plain' | 'json', secrets: boolean): void {
  const line = format === 'json' ? eventJson : plainLine;
  const toOutput = createOutputEvents(secrets);
  const lines = new LineWriter(process.stdout, (why) => {
    process.stderr.write(
      `The output can't be written any more (${why}): deliveries are taken and kept all the same.\n`,
    );
    end();
  });
  takeOutput(lines.lost);
  const print = (event: RuntimeEvent): void => {
    const later = lines.idle ? null : reference(event);
    // Bodies are not held in memory for a reader that is slow, but read once more when it is ready for them.
    if (later !== null)
      return lines.write(() =>
        readAgain(runtime, later, secrets)
          .then((made) => bit(() => lineOf(made)))
          .catch(instead),
      );
    // What is long is made when the sender has its turn.
    if (isLong(event))
      return lines.write(() =>
        bit(() => toOutput(event))
          .then((made) => bit(() => lineOf(made)))
          .catch(instead),
      );
    const made = (format === 'plain' ? lineWithoutBody(event) : null) ?? lineOf(toOutput(event));
    if (made !== null) lines.write(() => made);
  };
  const lineOf = (output: OutputEvent | null): string | null => {
    const made = output && line(output);
    return made === null || format === 'json' ? made : logSafe(made);
  };
  /** What is too long for a line is told, and ends the printing of nothing else. @throws what is a bug */
  const instead = (thrown: unknown): string | null => {
    const error = unlessTooLong(thrown);
    if (!(error instanceof UserError)) throw error;
    return lineOf({ v: 1, type: 'error', code: error.code, message: error.message });
  };
  const end = runtime.subscribe(print);
  lines.write(() => line(readyEvent(runtime.status())));
  // The tunnel's first steps may lie before the subscription.
  print({ type: 'status', status: runtime.status() });
}

/** A delivery, or an attempt of it, by name. */
interface Reference {
  seq: number;
  attemptId?: string;
}

/** Bytes that take longer than a moment to mask and to write. */
const longBody = 256 * 1024;

/** Whether it tells of a body that is long, or may become so when it is decoded. */
function isLong(event: RuntimeEvent): boolean {
  const about =
    event.type === 'delivery' ? event.delivery : event.type === 'attempt' && event.attempt.outcome;
  if (!about || !('body' in about)) return false;
  return about.body.length > longBody || codingsOf(about.headers).length > 0;
}

/** Does a bit of work in a turn of its own, so that nobody waits for the whole. */
const bit = async <T>(work: () => T): Promise<T> => {
  await turn();
  return work();
};

/** What an event tells of that can be long and is in the history; null for any other. */
function reference(event: RuntimeEvent): Reference | null {
  if (event.type === 'delivery') return { seq: event.seq };
  if (event.type !== 'attempt' || event.attempt.outcome.kind === 'pending') return null;
  return { seq: event.seq, attemptId: event.attempt.id };
}

/**
 * The line for people of a delivery or an attempt that has ended; null for any other event. It says nothing of headers and
 * bodies, so they are not masked for it.
 */
function lineWithoutBody(event: RuntimeEvent): string | null {
  if (event.type === 'delivery') return deliveryLine(maskSummary(freshSummary(event.delivery)));
  return event.type === 'attempt' && event.attempt.outcome.kind !== 'pending'
    ? attemptLine(event.attempt)
    : null;
}

/** The event of a delivery or an attempt, from the history; null where it is not there any more. */
async function readAgain(
  runtime: Runtime,
  { seq, attemptId }: Reference,
  secrets: boolean,
): Promise<OutputEvent | null> {
  const found = await runtime.run('show', { id: String(seq), secrets }).catch((error: unknown) => {
    if (error instanceof UserError) return null; // removed meanwhile
    throw error;
  });
  if (found === null) return null;
  if (attemptId === undefined) return { v: 1, type: 'delivery', delivery: found.delivery };
  const attempt = found.attempts.find(({ id }) => id === attemptId);
  if (attempt === undefined) return null;
  const { difference: _, ...record } = attempt;
  return { v: 1, type: 'attempt', attempt: record };
}

/** An event as a line for people; null for one that has none. */
export function plainLine(event: OutputEvent): string | null {
  switch (event.type) {
    case 'ready':
      return [
        `Listening on ${event.receiverUrl}`,
        ...(event.emulatorUrl === null
          ? []
          : [`Reducto API emulated on ${event.emulatorUrl} (set REDUCTO_BASE_URL to it)`]),
        ...(event.inspectorUrl === null ? [] : [`Web page: ${event.inspectorUrl}`]),
        ...event.rules.map(({ kind, text }) => printable(`Rule: ${kind} ${text}`)),
      ].join('\n');
    case 'tunnel':
      return printable(
        event.state === 'open'
          ? `Public URL: ${event.url}${event.reason ? ` (${event.reason})` : ''}`
          : `Tunnel ${event.state}${event.reason ? `: ${event.reason}` : ''}`,
      );
    case 'delivery':
      return deliveryLine(maskSummary(event.delivery));
    case 'attempt':
      return attemptLine(event.attempt);
    case 'acknowledgement':
      return printable(
        `${clockTime(event.at)}  #${event.deliverySeq}  sender got ${event.status ?? 'no answer'}${inBrackets(reasons(event))}`,
      );
    case 'job':
      return jobLine(event.job);
    case 'fetch':
      return printable(`${clockTime(event.at)}  job ${event.jobId} fetched: ${event.status ?? 'no answer'}`);
    case 'emulator-fault':
      return printable(`${event.method} ${event.path}: fault ${event.faults.join(', ')}`);
    case 'error':
      return printable(`Error: ${event.message}`);
  }
}

/** A job that is new or has ended; that its webhook was sent is told by the delivery. */
function jobLine({
  id,
  type,
  status,
  reason,
  createdAt,
  endedAt,
  webhook,
  webhookState,
}: JobRecord): string | null {
  if (webhookState === 'tried') return null;
  const told = webhook === null ? 'no webhook' : `webhook: ${webhook}`;
  return printable(
    endedAt === null
      ? `${clockTime(createdAt)}  job ${id} submitted: ${type}, ${told}`
      : `${clockTime(endedAt)}  job ${id} ended: ${status}${reason === null ? '' : ` (${reason})`}`,
  );
}
