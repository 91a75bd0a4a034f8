import * as content from './content.ts';
import * as damage from './damage.ts';
import { duplicate } from './duplicate.ts';
import type { FaultKind } from './fault.ts';
import * as order from './order.ts';
import * as sender from './sender.ts';
import * as signature from './signature.ts';
import * as timing from './timing.ts';

/** Every kind of fault, in the order that help shows them. Changes of a request are made in this order too. */
export const faultKinds: readonly FaultKind[] = [
  duplicate,
  timing.delay,
  timing.jitter,
  order.reorder,
  order.drop,
  content.failed,
  content.unknownStatus,
  content.extraFields,
  content.expiredJob,
  content.wrongSecret,
  content.noSecret,
  signature.staleTimestamp,
  signature.badSignature,
  damage.truncate,
  damage.corrupt,
  damage.slowBody,
  sender.status,
  sender.senderDelay,
  sender.reset,
  sender.hang,
  sender.lostAck,
];

/** A kind's name in the language: with its direction where the name alone would mean another one. */
export const qualifiedName = (kind: FaultKind): string =>
  faultKinds.find(({ name }) => name === kind.name) === kind ? kind.name : `${kind.direction}.${kind.name}`;
