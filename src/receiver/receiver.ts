import { setMaxListeners } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Acknowledgement, Delivery, DeliverySource } from '../core/delivery.ts';
import { mustNotFail, UserError, usageError } from '../core/errors.ts';
import type { SenderPlan } from '../core/faults/fault.ts';
import type { SenderFaults } from '../core/faults/fault-set.ts';
import { pairsOf } from '../core/headers.ts';
import type { Clock } from '../core/ids.ts';
import { recognise } from '../core/payload.ts';
import { probeHeader, probePath } from '../core/probe.ts';
import { longestTimerMs } from '../core/units.ts';
import type { Verifier } from '../core/verification.ts';
import type { Dispatcher, FinishedAttempt } from '../dispatch/dispatcher.ts';
import type { NewDelivery, Store } from '../store/store.ts';
import { StoreWriteError } from '../store/writer.ts';
import { type Answer, appAnswer, lost, toolAnswer, write } from './answer.ts';
import { type ReadBody, readBody } from './body.ts';
import {
  type AckPolicy,
  answerAtOnce,
  type Head,
  insteadOfApp,
  refusedDelivery,
  refusedHead,
} from './decide.ts';
import { createDoor, refusedOf } from './door.ts';
import { Refusals, type Refused } from './refusals.ts';
import { Room } from './room.ts';

/** Settings of a {@link Receiver}. */
export interface ReceiverOptions {
  store: Store;
  dispatcher: Dispatcher;
  verify: Verifier;
  ack: AckPolicy;
  rejectUnverified: boolean;
  /** Bytes. */
  maxBody: number;
  /** Hosts and origins that may call the local port besides those of this machine; `*` for all. */
  allowedHosts(): readonly string[];
  clock: Clock;
  /** The answer to the tunnel's own probe; null for a nonce that is not its. */
  answerProbe(nonce: string): string | null;
  /** Told of an error that nobody can act on. */
  onBug(error: unknown): void;
}

/** A request that was read, and when that began (ms, of `performance.now()`). */
type Arrived = Omit<NewDelivery, 'acknowledgement'> & { began: number };

// What large bodies may hold in memory at once.
const roomBytes = 96 * 1024 * 1024;

const busy = toolAnswer(503, 'too many large bodies are under way: try again', [['retry-after', '2']]);

/** Makes the record of an answer; of none when it is null. */
type Acknowledge = (answer: Answer | null, note?: string) => Acknowledgement;

/** Takes requests of any kind, stores them, has them dispatched and answers their senders. */
export class Receiver {
  readonly #servers: Server[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #room: Room;
  readonly #refusals: Refusals;

  constructor(private readonly options: ReceiverOptions) {
    this.#room = new Room(Math.max(roomBytes, 2 * options.maxBody));
    this.#refusals = new Refusals(options.store, options.clock);
    setMaxListeners(0, this.#closing.signal); // every answer that is held back listens
  }

  /**
   * Opens a port whose requests are recorded as coming from `source`.
   * @param port 0 for any free one
   * @returns the port
   * @throws UserError when the port can't be had
   */
  listen(host: string, port: number, source: DeliverySource): Promise<number> {
    const server = createDoor(source, {
      request: (request, response) => this.#track(this.#receive(request, response, source)),
      refused: (refused, answer) => this.#refused(refused, answer),
      bug: (error, response) => this.#onBug(error, response),
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
    });
  }

  /** Stops listening, ends all connections, and waits until what came in is recorded. The dispatcher closes first. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(
      this.#servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        return closed;
      }),
    );
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** No sender goes unanswered and no bug unseen. */
  #onBug(error: unknown, response: ServerResponse): void {
    this.options.onBug(error);
    if (!response.headersSent) write(response, toolAnswer(500, 'an error of this tool: try again'));
  }

  #track(work: Promise<void>): Promise<void> {
    this.#underWay.add(work);
    const forget = (): void => {
      this.#underWay.delete(work);
    };
    work.then(forget, forget);
    return work;
  }

  async #receive(request: IncomingMessage, response: ServerResponse, source: DeliverySource): Promise<void> {
    if (this.#answerProbe(request, response)) return;
    const refused = refusedHead(headOf(request, source), this.#allowed(source));
    if (refused !== null) {
      request.resume(); // so that the sender can finish writing and read its answer
      return this.#turnAway(request, response, source, refused);
    }
    const place = this.#room.place();
    try {
      const began = performance.now();
      const arrived = await this.#read(request, source, place.grow);
      if (arrived.intake === 'busy') return this.#turnAway(request, response, source, busy);
      await this.#take(request, response, { ...arrived, intake: arrived.intake, began });
    } finally {
      place.free();
    }
  }

  /** Answers a request that is not taken. */
  #turnAway(
    request: IncomingMessage,
    response: ServerResponse,
    source: DeliverySource,
    answer: Answer,
  ): void {
    if (!response.destroyed) write(response, answer);
    this.#refused(refusedOf(request, source), answer);
  }

  #refused(refused: Refused, answer: Answer): void {
    this.#track(this.#refusals.record(refused, answer)).catch((error) => this.options.onBug(error));
  }

  /** Hosts that may call a port, besides those of this machine; null for all, who come by the tunnel or the emulator. */
  #allowed(source: DeliverySource): readonly string[] | null {
    return source === 'local' ? this.options.allowedHosts() : source === 'emulator' ? [] : null;
  }

  /** Stores a delivery, has it forwarded and answers its sender. */
  async #take(
    request: IncomingMessage,
    response: ServerResponse,
    { began, ...arrived }: Arrived,
  ): Promise<void> {
    const { dispatcher, clock } = this.options;
    const gone = arrived.intake === 'aborted';
    const refused = refusedDelivery(arrived, this.options);
    // A fault is drawn only where it can strike.
    const { applied, plan } = gone || refused ? untouched : dispatcher.liveFaults.forSender();
    const acknowledge: Acknowledge = (answer, note) => ({
      status: answer?.status ?? null,
      by: answer?.by ?? 'nobody',
      note: note ?? answer?.note ?? null,
      at: clock.now(),
      durationMs: Math.round((performance.now() - began) * 1000) / 1000,
      ...(applied.length > 0 ? { faults: applied } : {}),
    });

    const refusal = refused ?? insteadOfApp(plan);
    const early = refusal ?? answerAtOnce(arrived, plan, this.#policy);
    // What is known by now is stored with the delivery: one write instead of two.
    let acknowledgement: Acknowledgement | null = null;
    if (gone) acknowledgement = acknowledge(null, goneNote(request, arrived.body));
    else if (early && plan.delayMs === 0) acknowledgement = acknowledge(early);

    const owedTo = gone || refusal ? [] : dispatcher.endpoints.map(({ name }) => name);
    const delivery = await this.#store({ ...arrived, acknowledgement }, owedTo, response);
    if (delivery === null || gone) return;
    const answered = this.#watch(response, delivery, acknowledge, early?.silence !== undefined);
    const forwarded = owedTo.length === 0 ? null : dispatcher.forward(delivery);
    const answer = early ?? (await appsAnswer(forwarded!, plan));
    if (answer === null) return;
    // An end of the tool cuts the pause short; nobody is there to be answered then.
    if (plan.delayMs > 0)
      await delay(Math.min(plan.delayMs, longestTimerMs), undefined, { signal: this.#closing.signal }).catch(
        () => undefined,
      );
    const reached = answered(answer);
    write(response, answer);
    if (acknowledgement === null && reached) await this.#record(delivery, acknowledge(answer));
    // With --ack now this goes on behind the sender's back: what fails in it is not to pass unseen.
    await forwarded;
  }

  get #policy(): { ack: AckPolicy; captureOnly: boolean } {
    return { ack: this.options.ack, captureOnly: this.options.dispatcher.endpoints.length === 0 };
  }

  async #read(
    request: IncomingMessage,
    source: DeliverySource,
    grow: (to: number) => boolean,
  ): Promise<Omit<Arrived, 'began' | 'intake'> & Pick<ReadBody, 'intake'>> {
    const { maxBody, clock, verify } = this.options;
    const receivedAt = clock.now();
    const { body, intake } = await readBody(request, maxBody, grow);
    const headers = pairsOf(request.rawHeaders);
    const recognition = recognise(body);
    return {
      receivedAt,
      source,
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      httpVersion: request.httpVersion,
      headers,
      body,
      remoteAddress: request.socket.remoteAddress ?? '',
      intake,
      recognition,
      verification: verify(headers, body, recognition, receivedAt),
    };
  }

  /** Stores a delivery; when that fails, answers 503 so that the sender tries again, and gives null. */
  async #store(
    delivery: NewDelivery,
    owedTo: readonly string[],
    response: ServerResponse,
  ): Promise<Delivery | null> {
    try {
      return await this.options.store.addDelivery(delivery, owedTo);
    } catch (error) {
      if (!(error instanceof StoreWriteError)) throw error;
      if (!response.destroyed)
        write(
          response,
          toolAnswer(503, 'the delivery could not be stored: try again', [['retry-after', '5']]),
        );
      return null;
    }
  }

  #answerProbe(request: IncomingMessage, response: ServerResponse): boolean {
    const nonce = request.url === probePath ? request.headers[probeHeader] : undefined;
    const answer = typeof nonce === 'string' ? this.options.answerProbe(nonce) : null;
    if (answer === null) return false;
    response.writeHead(200, { 'content-type': 'text/plain' }).end(answer);
    return true;
  }

  /**
   * Corrects the acknowledgement when the sender is gone before its answer has reached it; not when it gets none
   * on purpose.
   * @param silent whether that is known by now
   * @returns to be told the answer when it is there; gives whether the sender is still there for it
   */
  #watch(
    response: ServerResponse,
    delivery: Delivery,
    acknowledge: Acknowledge,
    silent: boolean,
  ): (answer: Answer) => boolean {
    let onPurpose = silent;
    const report = (): void => {
      if (!onPurpose && !response.writableFinished)
        mustNotFail(this.#record(delivery, acknowledge(null, 'the sender went away before it was answered')));
    };
    if (response.destroyed) report();
    else response.once('close', report);
    return ({ silence }) => {
      onPurpose ||= silence !== undefined;
      return silent || !response.destroyed;
    };
  }

  async #record(delivery: Delivery, acknowledgement: Acknowledgement): Promise<void> {
    try {
      await this.options.store.acknowledge(delivery, acknowledgement);
    } catch (error) {
      // The sender has its answer by now, and the store has published why this can't be recorded.
      if (!(error instanceof StoreWriteError)) throw error;
    }
  }
}

/** What a sender gets that no fault strikes. */
const untouched: SenderFaults = { applied: [], plan: { instead: null, delayMs: 0, lose: null } };

/** What the app answered, or what a fault makes of it; null when the tool stopped before it was asked. */
async function appsAnswer(
  forwarded: Promise<FinishedAttempt | null>,
  { lose }: SenderPlan,
): Promise<Answer | null> {
  const finished = await forwarded;
  if (finished === null) return null;
  return lose ? lost(lose) : appAnswer(finished);
}

/** What of a request decides whether it is taken. What the emulator sends may name any host: it calls public URLs. */
const headOf = ({ method, url, httpVersion, headers }: IncomingMessage, source: DeliverySource): Head => ({
  method: method ?? '',
  target: url ?? '',
  httpVersion,
  host: source === 'emulator' && headers.host !== undefined ? 'localhost' : headers.host,
  origin: headers.origin,
  fetchSite: headers['sec-fetch-site'] as string | undefined,
});

function goneNote(request: IncomingMessage, body: Uint8Array): string {
  const announced = request.headers['content-length'];
  return `the sender went away after ${body.length}${announced ? ` of ${announced}` : ''} bytes`;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): UserError {
  if (error.code === 'EADDRINUSE')
    return new UserError('port-in-use', `Port ${port} is in use: choose another one with --port.`);
  if (error.code === 'EACCES')
    return new UserError('port-denied', `Port ${port} may not be used: choose one above 1023.`);
  return usageError('host', `Can't listen on ${host}:${port} (${error.message}): check --host.`);
}
