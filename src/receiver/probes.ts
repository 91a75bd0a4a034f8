import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Arrival, digestOf, mirrorPath, mostMirrored, probeHeader, probePath } from '../core/probe.ts';
import { readBody } from './body.ts';

/** What the tunnel's own requests are answered. */
export interface ProbeAnswers {
  /** The answer to the tunnel's own probe; null for a nonce that is not its. */
  answerProbe(nonce: string): string | null;
  /** The answer to a request of its that is compared with what has arrived of it; null as above. */
  mirrorProbe(nonce: string, arrival: Arrival): string | null;
}

/** @returns whether it was one of the tunnel's own requests, which are no deliveries */
export async function answerProbe(
  request: IncomingMessage,
  response: ServerResponse,
  answers: ProbeAnswers,
  byRelay: boolean,
): Promise<boolean> {
  const { url = '', method = '', headers, rawHeaders } = request;
  const nonce = headers[probeHeader];
  const [path] = url.split('?');
  if (typeof nonce !== 'string' || (path !== probePath && path !== mirrorPath)) return false;
  let answer = answers.answerProbe(nonce);
  if (answer === null) return false;
  if (path === mirrorPath) {
    const { body } = await readBody(request, mostMirrored, () => true);
    // The mark of this process's tunnel is for nobody else.
    const seenHeaders = byRelay ? rawHeaders.slice(2) : rawHeaders;
    const seen = { method, target: url, headers: seenHeaders, bytes: body.length, sha256: digestOf(body) };
    answer = answers.mirrorProbe(nonce, seen) ?? answer;
  }
  response.writeHead(200, { 'content-type': 'text/plain' }).end(answer);
  return true;
}
