import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { UserError } from '../core/errors.ts';
import { endToEnd, pairsOf } from '../core/headers.ts';
import { type Clock, createIdFactory } from '../core/ids.ts';
import { atMost } from '../core/patience.ts';
import { mirrorPath, mostMirrored, probeHeader, probePath } from '../core/probe.ts';
import type { RelayedAnswer, RelayedRequest } from '../core/relay.ts';
import { formatSize } from '../core/units.ts';
import { type Answer, toolAnswer, write } from '../receiver/answer.ts';
import { readBody } from '../receiver/body.ts';
import { Room } from '../receiver/room.ts';
import { groupOf, type Place, senderOf } from './address.ts';
import type { Backend } from './backend.ts';
import type { RateLimiter, WhenAway } from './limits.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

/** Bytes that bodies hold in memory at once, and ms that one waits for its share. */
const roomBytes = 256 * 1024 * 1024;
const roomPatienceMs = 10_000;
/** ms that a listener has for a probe of its own. */
const probeMs = 10_000;

/** What requests to inboxes are served with. */
export interface IntakeOptions {
  backend: Backend;
  whenAway: WhenAway;
  /** ms that a sender waits for the app's answer, before the delivery counts as kept. */
  answerWithinMs: number;
  /** By inbox, and by address. */
  rates: { inbox: RateLimiter; address: RateLimiter };
  trustProxy: boolean;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}

/** Takes what senders send to inboxes. */
export class Intake {
  readonly #room = new Room(roomBytes, roomPatienceMs);
  readonly #newId: (prefix: string) => string;
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  /** Inboxes whose last delivery could not be kept: there the app is not asked before one is. */
  readonly #troubled = new Set<string>();

  constructor(private readonly options: IntakeOptions) {
    setMaxListeners(0, this.#closing.signal); // every body that waits for room listens
    this.#newId = createIdFactory(options.clock);
  }

  /** Answers one request. */
  receive(request: IncomingMessage, response: ServerResponse, place: Place): Promise<void> {
    const work = this.#receive(request, response, place);
    this.#underWay.add(work);
    return work.finally(() => this.#underWay.delete(work));
  }

  async #receive(request: IncomingMessage, response: ServerResponse, place: Place): Promise<void> {
    const body = this.#room.place();
    try {
      const answer = (await this.#refuse(request, place)) ?? (await this.#take(request, place, body));
      if (answer === null || response.destroyed) return;
      request.resume(); // so that who is refused can finish writing, and read why
      const sent = new Promise((resolve) => response.once('close', resolve));
      write(response, answer);
      await sent;
    } finally {
      body.free();
    }
  }

  /** Waits for what is under way, and lets nobody wait for room any more. @param patienceMs at most */
  async close(patienceMs: number): Promise<void> {
    this.#closing.abort();
    await atMost(patienceMs, Promise.allSettled(this.#underWay));
  }

  async #refuse(request: IncomingMessage, { inbox }: Place): Promise<Answer | null> {
    const { backend, rates, trustProxy } = this.options;
    const wait = rates.address.take(groupOf(request, trustProxy));
    if (wait > 0) return this.#refusal(429, 'too many requests from this address', wait);
    try {
      if (!(await backend.exists(inbox))) return this.#refusal(404, 'there is no such inbox');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return this.#notKept(inbox, error);
    }
    const inboxWait = rates.inbox.take(inbox);
    return inboxWait > 0 ? this.#refusal(429, 'too many requests to this inbox', inboxWait) : null;
  }

  #refusal(status: number, reason: string, waitMs?: number): Answer {
    this.options.metrics.refused(status);
    const retryAfter =
      waitMs === undefined ? [] : [['retry-after', String(Math.ceil(waitMs / 1000))] as const];
    return toolAnswer(status, reason, retryAfter);
  }

  /** @returns null when the sender went away before its request was whole: it got no answer, and sends it again */
  async #take(
    message: IncomingMessage,
    { inbox, target }: Place,
    place: ReturnType<Room['place']>,
  ): Promise<Answer | null> {
    const { backend, clock, metrics } = this.options;
    const at = clock.now();
    const tooLarge = `the body is over this relay's limit of ${formatSize(backend.maxBytes)}`;
    const announced = Number(message.headers['content-length']) || 0;
    if (announced > backend.maxBytes) return this.#refusal(413, tooLarge);
    const busy = 'too many large bodies are under way: try again';
    if (!(await place.reserve(announced, this.#closing.signal))) return this.#refusal(503, busy, 2000);
    const { body, intake } = await readBody(message, backend.maxBytes, place.grow);
    if (intake === 'busy') return this.#refusal(503, busy, 2000);
    if (intake === 'too-large') return this.#refusal(413, tooLarge);
    if (intake === 'aborted') return null;
    metrics.received(body.length);
    const request: RelayedRequest = {
      ...{ id: this.#newId('rly'), at, method: message.method!, target },
      ...{ httpVersion: message.httpVersion, headers: pairsOf(message.rawHeaders), body },
      remoteAddress: senderOf(message, this.options.trustProxy),
    };
    return isProbe(message, request) ? this.#probe(inbox, request) : this.#deliver(inbox, request);
  }

  async #probe(inbox: string, request: RelayedRequest): Promise<Answer> {
    if (request.body.length > mostMirrored) return this.#refusal(413, 'no probe is so long');
    const answer = await this.options.backend.probe(inbox, request, probeMs);
    return answer ? appAnswer(answer) : toolAnswer(404, 'nobody who listens knows this probe');
  }

  /** Keeps a delivery and has it answered, both at once. */
  async #deliver(inbox: string, request: RelayedRequest): Promise<Answer> {
    const { backend, whenAway, answerWithinMs, metrics } = this.options;
    if (whenAway === '503' && !backend.attended(inbox))
      return this.#refusal(503, 'nobody listens to this inbox now: try again', 30_000);
    const ask = (): Promise<RelayedAnswer | null> => backend.ask(inbox, request, answerWithinMs);
    const asked = this.#troubled.has(inbox) ? null : ask();
    try {
      await backend.keep(inbox, request);
      this.#troubled.delete(inbox);
    } catch (error) {
      asked?.catch(() => undefined); // what it says comes too late
      if (!(error instanceof UserError)) throw error;
      this.#troubled.add(inbox);
      return this.#notKept(inbox, error);
    }
    const answer = await (asked ?? ask());
    metrics.delivered(answer ? 'live' : 'kept');
    return answer ? appAnswer(answer) : toolAnswer(202, null, [['x-reducto-webhook-dev-kept', request.id]]);
  }

  #notKept(inbox: string, error: UserError): Answer {
    if (error.code === 'inbox-full') return this.#refusal(507, error.message, 60_000);
    this.options.log('error', 'a delivery could not be kept', { inbox, reason: error.message });
    return this.#refusal(503, 'the delivery could not be kept: try again', 5000);
  }
}

const isProbe = ({ headers }: IncomingMessage, { target }: RelayedRequest): boolean => {
  const [path] = target.split('?');
  return headers[probeHeader] !== undefined && (path === probePath || path === mirrorPath);
};

const appAnswer = ({ status, headers, body }: RelayedAnswer): Answer => ({
  ...{ status, headers: endToEnd(headers), body, by: 'app', note: null },
});
