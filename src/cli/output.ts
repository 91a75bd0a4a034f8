import { maskSummary } from '../core/record.ts';
import { printable } from '../core/text.ts';
import type { JobRecord } from '../emulator/record.ts';
import type { Runtime } from '../runtime/runtime.ts';
import {
  changeEvents,
  createStatusEvents,
  emulatorEvent,
  eventJson,
  type OutputEvent,
  readyEvent,
} from './events.ts';
import { attemptLine, clockTime, deliveryLine, inBrackets, reasons } from './format.ts';

/** Prints a running tool to stdout, as lines of JSON or for people, until the process ends. */
export function printRuntime(runtime: Runtime, format: 'plain' | 'json', secrets: boolean): void {
  const print = format === 'json' ? eventJson : plainLine;
  const write = (event: OutputEvent): void => {
    const line = print(event);
    if (line !== null) process.stdout.write(`${line}\n`);
  };
  const toEvent = createStatusEvents();
  runtime.subscribe((event) => {
    const output = toEvent(event);
    if (output) write(output);
  });
  runtime.store.subscribe((change) => {
    for (const event of changeEvents(change, secrets)) write(event);
  });
  runtime.emulator?.subscribe((event) => {
    const output = emulatorEvent(event, secrets);
    if (output) write(output);
  });
  write(readyEvent(runtime.status()));
  // The tunnel's first steps may lie before the subscription.
  const now = toEvent({ type: 'status', status: runtime.status() });
  if (now) write(now);
}

function plainLine(event: OutputEvent): string | null {
  switch (event.type) {
    case 'ready':
      return [
        `Listening on ${event.receiverUrl}`,
        ...(event.emulatorUrl === null
          ? []
          : [`Reducto API emulated on ${event.emulatorUrl} (set REDUCTO_BASE_URL to it)`]),
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
