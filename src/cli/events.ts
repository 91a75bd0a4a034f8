import type { Acknowledgement } from '../core/delivery.ts';
import { printJson } from '../core/json.ts';
import {
  type AttemptRecord,
  attemptRecord,
  type DeliveryRecord,
  deliveryRecord,
  freshSummary,
  printedSummary,
} from '../core/record.ts';
import type { SessionEvent, Status, TunnelState } from '../core/session.ts';
import type { EmulatorEvent } from '../emulator/emulator.ts';
import type { JobFetch } from '../emulator/fetches.ts';
import { type JobRecord, jobRecord } from '../emulator/record.ts';
import type { Change } from '../store/store.ts';

/** One line of `--output json`. Fields may be added under the same `v`; a change of meaning raises it. */
export type OutputEvent = { v: 1 } & (
  | {
      type: 'ready';
      receiverUrl: string;
      publicUrl: string | null;
      /** What REDUCTO_BASE_URL is set to; null without an emulator. */
      emulatorUrl: string | null;
      pid: number;
      version: string;
      dataDir: string;
    }
  | { type: 'tunnel'; state: TunnelState; url: string | null; reason: string | null }
  | { type: 'delivery'; delivery: DeliveryRecord }
  | { type: 'attempt'; attempt: AttemptRecord }
  | ({ type: 'acknowledgement'; deliveryId: string; deliverySeq: number } & Acknowledgement)
  /** A job of the emulator was submitted, has ended, or had its webhook sent for the first time. */
  | { type: 'job'; job: JobRecord }
  /** A job of the emulator was fetched (`GET /job/{id}`). */
  | ({ type: 'fetch' } & JobFetch)
  /** The emulated API did something wrong on purpose. */
  | { type: 'emulator-fault'; method: string; path: string; faults: readonly string[] }
  | { type: 'error'; code: string; message: string }
);

/** An event as its line of JSON. */
export const eventJson = (event: OutputEvent): string =>
  event.type === 'delivery'
    ? printJson({ ...event, delivery: printedSummary(event.delivery) })
    : JSON.stringify(event);

/** The event that says that requests are taken. */
export const readyEvent = ({
  receiverUrl,
  tunnel,
  emulator,
  pid,
  version,
  dataDir,
}: Status): OutputEvent => ({
  v: 1,
  type: 'ready',
  receiverUrl,
  publicUrl: tunnel.state === 'open' ? tunnel.url : null,
  emulatorUrl: emulator?.url ?? null,
  pid,
  version,
  dataDir,
});

/** The events of a change in the store; every delivery is followed by one acknowledgement, sooner or later. */
export function changeEvents(change: Change, secrets: boolean): OutputEvent[] {
  switch (change.type) {
    case 'delivery': {
      const { delivery } = change;
      const event: OutputEvent = {
        v: 1,
        type: 'delivery',
        delivery: deliveryRecord(delivery, freshSummary(delivery), secrets),
      };
      const { acknowledgement } = delivery;
      return acknowledgement ? [event, acknowledgementEvent(delivery, acknowledgement)] : [event];
    }
    case 'attempt':
      if (change.attempt.outcome.kind === 'pending') return [];
      return [{ v: 1, type: 'attempt', attempt: attemptRecord(change.attempt, secrets) }];
    case 'acknowledgement':
      return [acknowledgementEvent(change.delivery, change.acknowledgement)];
    default:
      return [];
  }
}

const acknowledgementEvent = (
  { id, seq }: { id: string; seq: number },
  acknowledgement: Acknowledgement,
): OutputEvent => ({
  v: 1,
  type: 'acknowledgement',
  deliveryId: id,
  deliverySeq: seq,
  ...acknowledgement,
});

/** The event of something in the emulator; null for what is none. A fetch is told once it is answered. */
export function emulatorEvent(event: EmulatorEvent, secrets: boolean): OutputEvent | null {
  switch (event.type) {
    case 'job':
      return { v: 1, type: 'job', job: jobRecord(event.job, secrets) };
    case 'fetch':
      return event.ended ? { v: 1, type: 'fetch', ...event.fetch } : null;
    case 'fault': {
      const { method, path, applied } = event;
      return { v: 1, type: 'emulator-fault', method, path, faults: applied };
    }
    default:
      return null;
  }
}

/** Turns session events into `tunnel` and `error` events; a status that leaves the tunnel as it was gives none. */
export function createStatusEvents(): (event: SessionEvent) => OutputEvent | null {
  let last = '';
  return (event) => {
    if (event.type === 'error') return { v: 1, type: 'error', code: event.code, message: event.message };
    if (event.type !== 'status') return null;
    const { state, url, reason } = event.status.tunnel;
    const key = JSON.stringify([state, url, reason]);
    if (key === last || state === 'off') return null;
    last = key;
    return { v: 1, type: 'tunnel', state, url, reason };
  };
}
