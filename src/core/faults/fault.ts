import type { HeaderPair } from '../delivery.ts';
import type { FaultField } from './fields.ts';

/** How a delivery is sent to one endpoint. Faults change it before anything is sent. */
export interface SendPlan {
  /** Copies beyond the first. */
  copies: number;
  /** Whether the copies go out together with the first, or one after another. */
  concurrent: boolean;
  /** ms before the first. */
  delayMs: number;
  /** Not sent at all. */
  drop: boolean;
  /** Deliveries that wait for each other and then go out in random order; null for none. */
  reorder: number | null;
  /** The body's speed; null for as fast as it goes. */
  bytesPerSecond: number | null;
}

/** A request on its way to the app, as a fault may change it. */
export interface Draft {
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

/** What is done to the sender. */
export interface SenderPlan {
  /** Instead of asking the app: a status, a TCP reset, or no answer at all. */
  instead: { kind: 'status'; status: number } | { kind: 'reset' } | { kind: 'hang' } | null;
  /** ms before the answer. */
  delayMs: number;
  /** After the app has worked, in place of its answer. */
  lose: { kind: 'status'; status: number } | { kind: 'reset' } | null;
}

/** What a fault may need besides its value. */
export interface FaultContext {
  /** From 0 up to 1, from the run's seed. The same numbers for each copy and endpoint of one delivery. */
  random(): number;
  /** ms since the epoch. */
  now: number;
  /** The Svix key, when the secret is known and what is changed is to be signed anew. */
  signingKey: Buffer | null;
}

/** A changed request; `note` is what the record should say besides, such as why the fault had no effect. */
export interface Changed {
  draft: Draft;
  note?: string;
}

/** What every kind of fault has: a row of the table. */
interface Row<Value> {
  name: string;
  /** The value as help shows it, such as `BYTES`; null when the fault takes none. */
  form: string | null;
  /** The parts of the value, as a form asks for them; none when the fault takes no value. */
  fields: readonly FaultField[];
  help: string;
  example: string;
  /** Reads the value, null when none was given. Returns null when it makes no sense. */
  parse(text: string | null): Value | null;
  /** The shortest text that `parse` reads back; null for no value. */
  print(value: Value): string | null;
}

/** Changes the request that the app gets. */
export interface RequestFault<Value = unknown> extends Row<Value> {
  acts: 'on the request';
  direction: 'app';
  /** Whether the sender itself would have sent it so, and signed it: a known key signs the change anew. */
  resigns?: boolean;
  change(draft: Draft, value: Value, context: FaultContext): Changed;
}

/** Changes how, when and how often the request is sent to the app. */
export interface SendingFault<Value = unknown> extends Row<Value> {
  acts: 'on the sending';
  direction: 'app';
  plan(plan: SendPlan, value: Value, context: FaultContext): SendPlan;
}

/** Changes what the sender is answered. */
export interface AnswerFault<Value = unknown> extends Row<Value> {
  acts: 'on the answer';
  direction: 'sender';
  answer(plan: SenderPlan, value: Value): SenderPlan;
}

/** One kind of fault. `direction` says whom it hits: the app gets something wrong, or the sender does. */
export type FaultKind = RequestFault | SendingFault | AnswerFault;

type Given<Fault> = Omit<Fault, 'acts' | 'direction'>;

// A row ties its methods to the type of its value; the table, which holds all kinds, knows only that there is one.

export const requestFault = <Value>(given: Given<RequestFault<Value>>): RequestFault =>
  ({ acts: 'on the request', direction: 'app', ...given }) as unknown as RequestFault;

export const sendingFault = <Value>(given: Given<SendingFault<Value>>): SendingFault =>
  ({ acts: 'on the sending', direction: 'app', ...given }) as unknown as SendingFault;

export const answerFault = <Value>(given: Given<AnswerFault<Value>>): AnswerFault =>
  ({ acts: 'on the answer', direction: 'sender', ...given }) as unknown as AnswerFault;

/** How a fault without a value reads and prints. */
export const noValue = {
  form: null,
  fields: [],
  parse: (text: string | null): true | null => (text === null ? true : null),
  print: (): null => null,
};
