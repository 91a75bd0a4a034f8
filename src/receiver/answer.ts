import type { ServerResponse } from 'node:http';
import type { Acknowledgement, AttemptErrorCode, HeaderPair } from '../core/delivery.ts';
import type { SenderPlan } from '../core/faults/fault.ts';
import { endToEnd, headerValue } from '../core/headers.ts';
import type { FinishedAttempt } from '../dispatch/attempts.ts';

/** What a sender is answered, before it is written to the socket. */
export interface Answer {
  /** Null for no answer: the connection is reset, or left open without a word. */
  status: number | null;
  /** Why there is no answer; absent when there is one. */
  silence?: 'reset' | 'hang';
  headers: readonly HeaderPair[];
  body: Uint8Array | string;
  by: Acknowledgement['by'];
  /** Why, when it is not simply the app's answer. */
  note: string | null;
  /** Whether the request was not taken, for now: a relay that brought it is to bring it again. */
  again?: true;
}

/** An answer of this tool's own: a line of JSON. */
export const toolAnswer = (
  status: number,
  note: string | null,
  headers: readonly HeaderPair[] = [],
): Answer => ({
  status,
  headers: [['content-type', 'application/json'], ...headers],
  body: note === null ? '{}' : JSON.stringify({ error: note }),
  by: 'tool',
  note,
});

/** A 503 of this tool's own: what can't be taken now, and by when it may be. @param seconds until then */
export const tryAgain = (reason: string, seconds: number): Answer => ({
  ...toolAnswer(503, `${reason}: try again`, [['retry-after', String(seconds)]]),
  again: true,
});

// A gateway's words for these: 504 when the app took too long, 502 for all else that is no answer.
const statusFor = (code: AttemptErrorCode): number => (code === 'timeout' ? 504 : 502);

/** The app's own answer, or a 502 or 504 so that the sender tries again. */
export function appAnswer({ attempt, outcome, wholeBody }: FinishedAttempt): Answer {
  if (outcome.kind === 'error' && outcome.code === 'dropped')
    return { ...toolAnswer(200, null), note: outcome.message };
  if (outcome.kind === 'error') return toolAnswer(statusFor(outcome.code), outcome.message);
  // To HEAD, the length is that of the body which is not there.
  const headers = endToEnd(outcome.headers, attempt.request.method === 'HEAD' ? [] : ['content-length']);
  return { status: outcome.status, headers, body: wholeBody!, by: 'app', note: null };
}

/** What a fault makes of the app's answer. */
export const lost = (lose: NonNullable<SenderPlan['lose']>): Answer =>
  lose.kind === 'reset' ? silence('reset') : onPurpose(lose.status);

/** A status that a fault was asked for. */
export const onPurpose = (status: number): Answer => toolAnswer(status, 'a fault that was asked for');

/** No answer, on purpose. */
export const silence = (kind: 'reset' | 'hang'): Answer => ({
  status: null,
  silence: kind,
  headers: [],
  body: '',
  by: 'nobody',
  note: kind === 'reset' ? 'the connection was reset, on purpose' : 'left without an answer, on purpose',
});

/** The head and body of an answer as they go out: with its length, and no body where its status has none. */
export function framed(status: number, { headers, body }: Pick<Answer, 'headers' | 'body'>) {
  const hasBody = status >= 200 && status !== 204 && status !== 304;
  const counted = hasBody && headerValue(headers, 'content-length') === undefined;
  const length: HeaderPair[] = counted ? [['content-length', String(Buffer.byteLength(body))]] : [];
  return { headers: [...headers, ...length], body: hasBody ? body : '' };
}

/** Writes an answer to the sender; "hang" writes nothing. */
export function write(response: ServerResponse, answer: Answer): void {
  const { status, silence } = answer;
  if (silence === 'reset') response.socket?.resetAndDestroy();
  if (status === null) return;
  const { headers, body } = framed(status, answer);
  response.writeHead(status, headers.flat());
  response.end(body);
}
