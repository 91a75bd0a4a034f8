import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import express, { type Request, type Response } from 'express';
import type { Acknowledgement, Delivery, DeliverySource } from '../core/delivery.ts';
import { mustNotFail, UserError, usageError } from '../core/errors.ts';
import type { SenderPlan } from '../core/faults/fault.ts';
import type { SenderFaults } from '../core/faults/fault-set.ts';
import { headerValue, pairsOf } from '../core/headers.ts';
import type { Clock } from '../core/ids.ts';
import { recognise } from '../core/payload.ts';
import { probeHeader, probePath } from '../core/probe.ts';
import { formatSize, longestTimerMs } from '../core/units.ts';
import { isVerified, type Verifier } from '../core/verification.ts';
import type { Dispatcher, FinishedAttempt } from '../dispatch/dispatcher.ts';
import type { NewDelivery, Store } from '../store/store.ts';
import { StoreWriteError } from '../store/writer.ts';
import { type Answer, appAnswer, silence, toolAnswer, write } from './answer.ts';
import { readBody } from './body.ts';
import { welcome } from './welcome.ts';

/** Whose answer the sender gets: the app's, 200 at once, or a fixed status. */
export type AckPolicy = 'app' | 'now' | number;

/** Settings of a {@link Receiver}. */
export interface ReceiverOptions {
  store: Store;
  dispatcher: Dispatcher;
  verify: Verifier;
  ack: AckPolicy;
  rejectUnverified: boolean;
  /** Bytes. */
  maxBody: number;
  clock: Clock;
  /** The answer to the tunnel's own probe; null for a nonce that is not its. */
  answerProbe(nonce: string): string | null;
  /** Told of an error that nobody can act on. */
  onBug(error: unknown): void;
}

/** Makes the record of an answer; of none when it is null. */
type Acknowledge = (answer: Answer | null, note?: string) => Acknowledgement;

/** Takes requests of any kind, stores them, has them dispatched and answers their senders. */
export class Receiver {
  readonly #servers: Server[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(private readonly options: ReceiverOptions) {
    setMaxListeners(0, this.#closing.signal); // every answer that is held back listens
  }

  /**
   * Opens a port whose requests are recorded as coming from `source`.
   * @param port 0 for any free one
   * @returns the port
   * @throws UserError when the port can't be had
   */
  listen(host: string, port: number, source: DeliverySource): Promise<number> {
    // Express's router without its application: that one changes the prototypes of every request and response,
    // which makes all that Node does with them four times slower.
    const router = express.Router();
    router.use((request, response) => this.#track(this.#receive(request, response, source)));
    const server = createServer((request, response) => {
      router(request as Request, response as Response, (error) => this.#onBug(error, response));
    });
    // A tunnel holds connections open for hours before it sends a request: never time them out.
    if (source === 'tunnel')
      Object.assign(server, { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 });
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
    const { dispatcher, clock } = this.options;
    const began = performance.now();
    const arrived = await this.#read(request, source);
    const gone = arrived.intake === 'aborted';
    const refused = this.#refuse(arrived);
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
    const early = refusal ?? this.#answerAtOnce(arrived, plan);
    // What is known by now is stored with the delivery: one write instead of two.
    let acknowledgement: Acknowledgement | null = null;
    if (gone) acknowledgement = acknowledge(null, goneNote(request, arrived.body));
    else if (early && plan.delayMs === 0) acknowledgement = acknowledge(early);

    const delivery = await this.#store({ ...arrived, acknowledgement }, response);
    if (delivery === null || gone) return;
    const answered = this.#watch(response, delivery, acknowledge, early?.silence !== undefined);
    const forwarded = refusal || dispatcher.endpoints.length === 0 ? null : dispatcher.forward(delivery);
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

  async #read(
    request: IncomingMessage,
    source: DeliverySource,
  ): Promise<Omit<NewDelivery, 'acknowledgement'>> {
    const { maxBody, clock, verify } = this.options;
    const receivedAt = clock.now();
    const { body, intake } = await readBody(request, maxBody);
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
  async #store(delivery: NewDelivery, response: ServerResponse): Promise<Delivery | null> {
    try {
      return await this.options.store.addDelivery(delivery);
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

  /** An answer that keeps the delivery from the app; null when it may go on. */
  #refuse({ intake, verification }: Pick<Delivery, 'intake' | 'verification'>): Answer | null {
    const { maxBody, rejectUnverified } = this.options;
    if (intake === 'too-large')
      return toolAnswer(413, `the body is over the limit of ${formatSize(maxBody)} (--max-body)`);
    if (!rejectUnverified || isVerified(verification) !== false) return null;
    const reasons = [verification.secret, verification.svix].filter(
      (verdict) => verdict && verdict.verdict !== 'ok',
    );
    return toolAnswer(
      401,
      `not verified: ${reasons.map((verdict) => verdict!.verdict).join(', ')} (--reject-unverified)`,
    );
  }

  /** The answer when it does not depend on the app; null when it does. */
  #answerAtOnce(
    { method, target, headers }: Pick<Delivery, 'method' | 'target' | 'headers'>,
    { lose }: SenderPlan,
  ): Answer | null {
    const { ack, dispatcher } = this.options;
    if (lose && (ack !== 'app' || dispatcher.endpoints.length === 0)) return lost(lose);
    const captureOnly = dispatcher.endpoints.length === 0;
    if (typeof ack === 'number') return { ...toolAnswer(ack, null), note: `--ack ${ack}` };
    if (ack === 'now') return { ...toolAnswer(200, null), note: captureOnly ? null : '--ack now' };
    if (!captureOnly) return null;
    const browser =
      method === 'GET' && target === '/' && headerValue(headers, 'accept')?.includes('text/html');
    return browser ? welcome : toolAnswer(200, null);
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

/** The answer of a sender's fault that keeps the delivery from the app; null when there is none. */
function insteadOfApp({ instead }: SenderPlan): Answer | null {
  if (instead === null) return null;
  return instead.kind === 'status' ? onPurpose(instead.status) : silence(instead.kind);
}

/** What the app answered, or what a fault makes of it; null when the tool stopped before it was asked. */
async function appsAnswer(
  forwarded: Promise<FinishedAttempt | null>,
  { lose }: SenderPlan,
): Promise<Answer | null> {
  const finished = await forwarded;
  if (finished === null) return null;
  return lose ? lost(lose) : appAnswer(finished);
}

const lost = (lose: NonNullable<SenderPlan['lose']>): Answer =>
  lose.kind === 'reset' ? silence('reset') : onPurpose(lose.status);

const onPurpose = (status: number): Answer => toolAnswer(status, 'a fault that was asked for');

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
