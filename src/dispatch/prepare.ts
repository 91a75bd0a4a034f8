import type { Delivery, HeaderPair } from '../core/delivery.ts';
import { type Endpoint, hostOf } from '../core/endpoint.ts';
import type { Changed, Draft, FaultContext } from '../core/faults/fault.ts';
import { faultKinds } from '../core/faults/index.ts';
import { type Fault, printFault } from '../core/faults/language.ts';
import { endToEnd, headerValue, perRequest } from '../core/headers.ts';
import { resign } from '../core/resign.ts';
import { signatureHeaders } from '../core/signature.ts';

/** A request as faults have left it, and which of them left their mark. */
export interface Prepared {
  draft: Draft;
  /** In the fault language, with a note where one could not do its work. */
  faults: string[];
}

/**
 * Puts faults into a request, in the table's order. Changes that the sender itself would have signed are signed
 * anew, where the key is known, so that they are all that is wrong with the request.
 */
export function applyFaults(draft: Draft, faults: readonly Fault[], context: FaultContext): Prepared {
  const marks: string[] = [];
  let current = draft;
  let toSign = false;
  const signChanges = (): void => {
    if (toSign && context.signingKey)
      current = { ...current, headers: resign(current, context.signingKey, context.now) };
    toSign = false;
  };
  for (const fault of inTableOrder(faults)) {
    const { kind, value } = fault;
    const changes = kind.acts === 'on the request' ? kind : null;
    if (!changes?.resigns) signChanges();
    const changed: Changed = changes?.change(current, value, context) ?? { draft: current };
    const struck = changes?.resigns === true && changed.draft.body !== current.body;
    if (struck) toSign = true;
    current = changed.draft;
    const unsignable = struck && !context.signingKey && signatureHeaders(current.headers)?.signature;
    const note = changed.note ?? (unsignable ? 'the signature is wrong now: not signed anew' : null);
    marks.push(`${printFault({ ...fault, limit: null })}${note ? ` (${note})` : ''}`);
  }
  signChanges();
  return { draft: current, faults: marks };
}

const inTableOrder = (faults: readonly Fault[]): Fault[] =>
  [...faults].sort((a, b) => faultKinds.indexOf(a.kind) - faultKinds.indexOf(b.kind));

/** The headers that an app gets: those of the sender, where they came from, and whose attempt this is. */
export function forwardedHeaders(
  headers: readonly HeaderPair[],
  delivery: Delivery,
  endpoint: Endpoint,
  attemptId: string,
): HeaderPair[] {
  const given = (name: string): string => headerValue(headers, name)?.trim() ?? '';
  const forwarded: HeaderPair[] = [
    ['x-forwarded-for', [given('x-forwarded-for'), delivery.remoteAddress].filter(Boolean).join(', ')],
    ['x-forwarded-host', given('x-forwarded-host') || given('host')],
    ['x-forwarded-proto', given('x-forwarded-proto') || 'http'],
    ['x-webhook-delivery-id', delivery.id],
    ['x-webhook-attempt', attemptId],
  ];
  return [
    ['host', hostOf(endpoint.origin)],
    ...endToEnd(headers, perRequest),
    // None is sent empty: Rack (Rails, Sinatra) answers 500 to an empty x-forwarded-host.
    ...forwarded.filter(([, value]) => value !== ''),
  ];
}
