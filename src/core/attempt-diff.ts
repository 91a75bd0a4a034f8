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
 * Takes the attempts of a delivery one after another, and tells of each whether it ended otherwise than the one before
 * it at the same endpoint; null where it ended in the same way, or there is none to compare it with. What went wrong on
 * purpose tells nothing of the app, and is passed over.
 * @param secrets true to leave secrets readable
 */
export function changesSince(secrets: boolean): (attempt: Attempt) => ChangeSince | null {
  const last = new Map<string, Attempt>();
  return (attempt) => {
    const { endpoint, outcome, faults } = attempt;
    if (outcome.kind === 'pending' || faults.length > 0) return null;
    const before = last.get(endpoint);
    last.set(endpoint, attempt);
    return before === undefined || took(outcome) === took(before.outcome)
      ? null
      : changeOf(before, attempt, secrets);
  };
}

function changeOf(before: Attempt, attempt: Attempt, secrets: boolean): ChangeSince {
  const change = took(attempt.outcome) ? 'fixed' : 'broken since';
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
