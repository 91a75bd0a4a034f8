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
import type { RuleText } from '../core/rules/rule.ts';
import type { Status, TunnelState } from '../core/session.ts';
import { printableJson } from '../core/text.ts';
import type { JobFetch } from '../emulator/fetches.ts';
import { type JobRecord, jobRecord } from '../emulator/record.ts';
import type { RuntimeEvent } from '../runtime/session.ts';

/** One line of `--output json`. Fields may be added under the same `v`; a change of meaning raises it. */
export type OutputEvent = { v: 1 } & (
  | {
      type: 'ready';
      receiverUrl: string;
      publicUrl: string | null;
      /** What REDUCTO_BASE_URL is set to; null without an emulator. */
      emulatorUrl: string | null;
      /** A link that lets one browser see the page; null without one. */
      inspectorUrl: string | null;
      /** What is done with what comes in, in its order. */
      rules: readonly RuleText[];
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
  printableJson(
    event.type === 'delivery'
      ? printJson({ ...event, delivery: printedSummary(event.delivery) })
      : JSON.stringify(event),
  );

/** The event that says that requests are taken. */
export const readyEvent = ({
  receiverUrl,
  inspectorUrl,
  tunnel,
  emulator,
  rules,
  pid,
  version,
  dataDir,
}: Status): OutputEvent => ({
  v: 1,
  type: 'ready',
  receiverUrl,
  publicUrl: tunnel.state === 'open' ? tunnel.url : null,
  emulatorUrl: emulator?.url ?? null,
  inspectorUrl,
  rules: rules.map(({ kind, text }) => ({ kind, text })),
  pid,
  version,
  dataDir,
});

/**
 * What is printed of what a running tool tells; null for what is no line. Every delivery is followed by one
 * acknowledgement, sooner or later; a fetch is told once it is answered; a status only where the tunnel's differs
 * from the last one.
 */
export function createOutputEvents(secrets: boolean): (event: RuntimeEvent) => OutputEvent | null {
  let lastTunnel = '';
  return (event) => {
    switch (event.type) {
      case 'delivery':
        return {
          v: 1,
          type: 'delivery',
          delivery: deliveryRecord(event.delivery, freshSummary(event.delivery), secrets),
        };
      case 'attempt':
        return event.attempt.outcome.kind === 'pending'
          ? null
          : { v: 1, type: 'attempt', attempt: attemptRecord(event.attempt, secrets) };
      case 'acknowledgement': {
        const { seq, id, acknowledgement } = event;
        return { v: 1, type: 'acknowledgement', deliveryId: id, deliverySeq: seq, ...acknowledgement };
      }
      case 'status': {
        const { state, url, reason } = event.status.tunnel;
        const tunnel = JSON.stringify([state, url, reason]);
        if (tunnel === lastTunnel || state === 'off') return null;
        lastTunnel = tunnel;
        return { v: 1, type: 'tunnel', state, url, reason };
      }
      case 'error':
        return { v: 1, type: 'error', code: event.code, message: event.message };
      case 'job':
        return { v: 1, type: 'job', job: jobRecord(event.job, secrets) };
      case 'fetch':
        return event.ended ? { v: 1, type: 'fetch', ...event.fetch } : null;
      case 'fault':
        return {
          v: 1,
          type: 'emulator-fault',
          method: event.method,
          path: event.path,
          faults: event.applied,
        };
      default:
        return null;
    }
  };
}
