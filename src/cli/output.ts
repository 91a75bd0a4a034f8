import { maskSummary } from '../core/record.ts';
import { printable } from '../core/text.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { changeEvents, createStatusEvents, type OutputEvent, readyEvent } from './events.ts';
import { attemptLine, clockTime, deliveryLine } from './format.ts';

/** Prints a running tool to stdout, as lines of JSON or for people, until the process ends. */
export function printRuntime(runtime: Runtime, format: 'plain' | 'json', secrets: boolean): void {
  const print = format === 'json' ? (event: OutputEvent) => JSON.stringify(event) : plainLine;
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
    case 'acknowledgement': {
      const why = [event.note, ...(event.faults ?? []).map((fault) => `fault ${fault}`)].filter(
        (part) => part !== null,
      );
      return printable(
        `${clockTime(event.at)}  #${event.deliverySeq}  sender got ${event.status ?? 'no answer'}${why.length > 0 ? ` (${why.join('; ')})` : ''}`,
      );
    }
    case 'error':
      return printable(`Error: ${event.message}`);
  }
}
