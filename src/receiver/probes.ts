import { type Arrival, digestOf, mirrorPath, mostMirrored, probeHeader, probePath } from '../core/probe.ts';
import { toolAnswer } from './answer.ts';
import type { Incoming } from './incoming.ts';

/** What the tunnel's own requests are answered. */
export interface ProbeAnswers {
  /** The answer to the tunnel's own probe; null for a nonce that is not its. */
  answerProbe(nonce: string): string | null;
  /** The answer to a request of its that is compared with what has arrived of it; null as above. */
  mirrorProbe(nonce: string, arrival: Arrival): string | null;
}

/** @returns whether it was one of the tunnel's own requests, which are no deliveries */
export async function answerProbe(request: Incoming, answers: ProbeAnswers): Promise<boolean> {
  const { method, target, headers } = request.head;
  const nonce = request.header(probeHeader);
  const [path] = target.split('?');
  if (nonce === undefined || (path !== probePath && path !== mirrorPath)) return false;
  let answer = answers.answerProbe(nonce);
  if (answer === null) return false;
  if (path === mirrorPath) {
    const { body } = await request.read(mostMirrored, () => true);
    const seen = { method, target, headers: headers.flat(), bytes: body.length, sha256: digestOf(body) };
    answer = answers.mirrorProbe(nonce, seen) ?? answer;
  }
  request.sender.answer({
    ...toolAnswer(200, null),
    headers: [['content-type', 'text/plain']],
    body: answer,
  });
  return true;
}
