import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type Arrival, digestOf, mirrorPath } from '../core/probe.ts';
import { printable } from '../core/text.ts';

const arrivalSchema = z.object({
  method: z.string(),
  target: z.string(),
  headers: z.array(z.string()),
  bytes: z.number(),
  sha256: z.string(),
}) satisfies z.ZodType<Arrival>;

/** A request that is compared with what arrives of it. */
export interface MirrorRequest {
  method: 'GET' | 'POST';
  /** What it is, for a person: `POST with a body of 1 MB`. */
  what: string;
  target: string;
  headers: readonly string[];
  body?: Uint8Array;
}

/** A query in which a proxy that decodes and encodes anew changes something. */
const target = `${mirrorPath}?a=b%20c+d&slash=%2F&empty=&euro=%E2%82%AC`;

/** A request as Reducto or Svix makes one, of a body that no proxy can know. */
export const mirrorRequest = (method: 'GET' | 'POST'): MirrorRequest =>
  method === 'GET'
    ? { method, what: 'GET', target, headers: ['User-Agent', 'reducto-webhook-dev', 'Accept', '*/*'] }
    : {
        method,
        what: 'POST with a body of 1 MB',
        target,
        headers: [
          ...['Content-Type', 'application/json', 'User-Agent', 'Svix-Webhooks/1.76.0', 'Accept', '*/*'],
          ...['svix-id', 'msg_2Yb', 'svix-timestamp', '1764151200', 'svix-signature', 'v1,a+/b= v1,c'],
          ...['Accept-Encoding', 'gzip, deflate', 'X-Mixed-Case', 'Two  Words; "quoted"'],
        ],
        body: Buffer.from(`{"random":"${randomBytes(500_000).toString('hex')}"}`),
      };

/** Reads what {@link Arrival} an answer tells. @returns null when it is not the receiver's own */
export function mirrored(body: string, mac: (seen: string) => string): Arrival | null {
  const [sign, seen] = [body.slice(0, 64), body.slice(64)];
  if (sign !== mac(seen)) return null;
  return arrivalSchema.parse(JSON.parse(seen));
}

/** @returns what arrived otherwise than it was sent, each in a line for a person; what was added does not count */
export function compareMirrored(request: MirrorRequest, arrival: Arrival): string[] {
  const changes: string[] = [];
  if (arrival.method !== request.method) changes.push(`a ${request.method} arrives as ${arrival.method}`);
  if (arrival.target !== request.target)
    changes.push(`path and query arrive as ${printable(arrival.target)} in place of ${request.target}`);
  const body = request.body ?? new Uint8Array();
  if (arrival.sha256 !== digestOf(body))
    changes.push(`a body of ${body.byteLength} bytes arrives changed, as ${arrival.bytes} bytes`);
  const arrived = pairs(arrival.headers);
  let lowered = false;
  for (const [name, value] of pairs(request.headers)) {
    const found = arrived.filter(([other]) => other.toLowerCase() === name.toLowerCase());
    if (found.length === 0) changes.push(`the header ${name} does not arrive`);
    else if (!found.some(([, other]) => other === value))
      changes.push(`the header ${name} arrives as "${printable(found[0]![1])}" in place of "${value}"`);
    else if (!found.some(([other]) => other === name)) lowered = true;
  }
  if (lowered) changes.push('names of headers arrive in another case');
  return changes;
}

const pairs = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? ''] as [string, string]] : []));
