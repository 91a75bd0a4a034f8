import type { HeaderPair } from './headers.ts';
import type { Recognition } from './payload.ts';
import type { Verification } from './verification.ts';

export type { HeaderPair } from './headers.ts';

/** Where a delivery came from. */
export type DeliverySource = 'tunnel' | 'local' | 'trigger' | 'check' | 'emulator' | 'import';

/** Whether the request arrived whole, its sender went away mid-body, its body was over the limit, or it was not taken at all. */
export type Intake = 'complete' | 'aborted' | 'too-large' | 'refused';

/** What the sender of a delivery was answered. */
export interface Acknowledgement {
  /** HTTP status; null when the sender was gone before it could be answered. */
  status: number | null;
  /** Who decided it: the app's own answer, this tool (`--ack`, limits, no endpoint), or nobody. */
  by: 'app' | 'tool' | 'nobody';
  /** One line on why, when it is not simply the app's answer. */
  note: string | null;
  /** ms since the epoch. */
  at: number;
  /** ms from the first byte of the request to the answer. */
  durationMs: number;
  /** Faults that struck the sender on purpose, in the fault language; absent when none did. */
  faults?: string[];
}

/** One webhook request as it arrived. Never changed after it was stored, but for its acknowledgement. */
export interface Delivery {
  /** Position in the store, from 1 up: the short handle people type. */
  seq: number;
  /** `dlv_` and 16 characters that sort by time. */
  id: string;
  /** ms since the epoch. */
  receivedAt: number;
  source: DeliverySource;
  method: string;
  /** The request target as sent: path and query. */
  target: string;
  httpVersion: string;
  headers: readonly HeaderPair[];
  body: Uint8Array;
  remoteAddress: string;
  intake: Intake;
  recognition: Recognition;
  verification: Verification;
  acknowledgement: Acknowledgement | null;
  /** The id that a relay gave it; absent when it came by none. */
  relayId?: string;
  /** What of it the history could not give back as it was stored, a line each; absent when all is well. */
  damage?: readonly string[];
  /** Whether that is the request itself, which then can't be sent or exported. */
  broken?: true;
}

/** Why an attempt was made. `exec`: a command of the user's ran for it; its output is the answer. */
export const attemptReasons = ['forward', 'replay', 'duplicate', 'retry', 'check', 'exec'] as const;
export type AttemptReason = (typeof attemptReasons)[number];

/**
 * Why there was no answer. `dropped`: a fault kept it from the app; `interrupted`: this tool stopped while the attempt was
 * under way; `maybe-sent`: it stopped as the bytes went out, and the app may or may not have got them.
 */
export const attemptErrorCodes = [
  'refused',
  'timeout',
  'reset',
  'dns',
  'unreachable',
  'tls',
  'invalid-response',
  'response-too-large',
  'cancelled',
  'dropped',
  'interrupted',
  'maybe-sent',
  'failed',
] as const;
export type AttemptErrorCode = (typeof attemptErrorCodes)[number];

/** An answer of the app. */
export interface AttemptResponse {
  kind: 'response';
  status: number;
  headers: readonly HeaderPair[];
  /** The body's first bytes, up to the stated limit; `bodySize` is its whole length. */
  body: Uint8Array;
  bodySize: number;
}

/** No answer: a different thing from an answer with status 500. */
export interface AttemptError {
  kind: 'error';
  code: AttemptErrorCode;
  /** One line that a person can act on. */
  message: string;
}

export type Outcome = { kind: 'pending' } | AttemptResponse | AttemptError;

/** One request to one endpoint on behalf of a delivery. */
export interface Attempt {
  /** `att_` and 16 characters that sort by time. */
  id: string;
  deliveryId: string;
  deliverySeq: number;
  /** From 1 up within its delivery. */
  number: number;
  /** The endpoint as the user named it; of `exec` the command. */
  endpoint: string;
  reason: AttemptReason;
  request: { method: string; url: string; headers: readonly HeaderPair[] };
  /** The body sent; null when it was the delivery's own, byte for byte. */
  requestBody: Uint8Array | null;
  /** Faults that were put into it on purpose, in the fault language, with a note where one could not work. */
  faults: readonly string[];
  /** What else was done to it: signed anew, edited, sent as a retry of a schedule. */
  notes: readonly string[];
  /** ms since the epoch. */
  startedAt: number;
  /** ms; null while pending. */
  durationMs: number | null;
  outcome: Outcome;
  /** What of it the history could not give back as it was stored, a line each; absent when all is well. */
  damage?: readonly string[];
}

/** The answer's status, the error's code, or `pending`: the outcome in one word, as lists show it. */
export const outcomeLabel = (
  outcome: { kind: 'pending' } | { kind: 'response'; status: number } | { kind: 'error'; code: string },
): string =>
  outcome.kind === 'response'
    ? String(outcome.status)
    : outcome.kind === 'error'
      ? outcome.code
      : outcome.kind;

/** Whether the app took the delivery: any 2xx (Reducto's and Svix's own rule). */
export const isSuccess = (status: number | null): boolean => status !== null && status >= 200 && status < 300;
