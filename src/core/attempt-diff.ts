import { type Attempt, type Delivery, outcomeLabel } from './delivery.ts';
import { type Comparable, difference, unifiedText } from './diff.ts';
import { endToEnd, perRequest } from './headers.ts';
import { maskBody, maskHeaders, maskTarget } from './mask.ts';
import { took } from './outcome.ts';
import type { ChangeSince } from './record.ts';
import { type Difference, isSame } from './text-diff.ts';

/** A delivery's request, to be compared. */
export const deliveryRequest = ({ method, target, headers, body }: Delivery): Comparable => ({
  start: `${method} ${target}`,
  headers,
  body,
});

/** An attempt's request, to be compared; `delivery` is its own. */
export function attemptRequest({ request, requestBody }: Attempt, delivery: Delivery | null): Comparable {
  const { pathname, search } = new URL(request.url);
  return {
    start: `${request.method} ${pathname}${search}`,
    headers: request.headers,
    body: requestBody ?? delivery?.body ?? new Uint8Array(),
  };
}

/** Without the headers that are made anew for every attempt, and so differ in each. */
export const ofTheSender = (request: Comparable): Comparable => ({
  ...request,
  headers: endToEnd(request.headers, perRequest),
});

/** With its secrets masked. */
export function maskComparable({ start, headers, body }: Comparable): Comparable {
  return { start: maskTarget(start), headers: maskHeaders(headers), body: maskBody(body, headers) };
}

/**
 * How an attempt's request differs from the delivery that it was made for: what an edit, a fault or a new
 * signature did. Where it went to is not a difference.
 * @param secrets true to leave secrets readable
 * @returns null when it was sent as it arrived
 */
export function differenceFromOrigin(
  attempt: Attempt,
  delivery: Delivery,
  secrets: boolean,
): Difference | null {
  const [before, after] = [deliveryRequest(delivery), attemptRequest(attempt, delivery)].map((request) => {
    // Its own body, byte for byte, need not be looked at, however long it is.
    const body = attempt.requestBody === null ? new Uint8Array() : request.body;
    const comparable = ofTheSender({ ...request, start: '', body });
    return secrets ? comparable : maskComparable(comparable);
  });
  const found = difference(before!, after!);
  return isSame(found) ? null : found;
}

/**
 * Whether an attempt ended otherwise than the one before it at the same endpoint. What went wrong on purpose tells
 * nothing of the app, and is passed over.
 * @param earlier those before it, oldest first
 * @param secrets true to leave secrets readable
 * @returns null where it ended in the same way, or there is none to compare it with
 */
export function changeSince(
  attempt: Attempt,
  earlier: readonly Attempt[],
  secrets: boolean,
): ChangeSince | null {
  const before = earlier.findLast(
    (each) =>
      each.endpoint === attempt.endpoint && each.faults.length === 0 && each.outcome.kind !== 'pending',
  );
  const { outcome, faults } = attempt;
  if (before === undefined || outcome.kind === 'pending' || faults.length > 0) return null;
  if (took(outcome) === took(before.outcome)) return null;
  const change = took(outcome) ? 'fixed' : 'broken since';
  const text = `${change}: ${outcomeLabel(before.outcome)} at attempt ${before.number}`;
  const [was, is] = [answerOf(before), answerOf(attempt)];
  if (was === null || is === null) return { change, text };
  const [one, other] = secrets ? [was, is] : [maskComparable(was), maskComparable(is)];
  return { change, text, answer: unifiedText(difference(one, other)) };
}

/** An answer without what is another in each. */
const answerOf = ({ outcome }: Attempt): Comparable | null =>
  outcome.kind === 'response'
    ? {
        start: `${outcome.status}`,
        headers: outcome.headers.filter(([name]) => !ofEachAnswer.has(name.toLowerCase())),
        body: outcome.body,
      }
    : null;

const ofEachAnswer = new Set(['date', 'connection', 'keep-alive', 'content-length', 'etag', 'x-request-id']);
