import { setMaxListeners } from 'node:events';
import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery, DeliverySource } from '../core/delivery.ts';
import type { Endpoint } from '../core/endpoint.ts';
import { mustNotFail } from '../core/errors.ts';
import type { SenderPlan } from '../core/faults/fault.ts';
import type { SenderFaults } from '../core/faults/fault-set.ts';
import { endToEnd } from '../core/headers.ts';
import type { Clock } from '../core/ids.ts';
import { recognise } from '../core/payload.ts';
import type { CatchUp, TakeRelayed } from '../core/relay.ts';
import type { Way } from '../core/rules/way.ts';
import { longestTimerMs } from '../core/units.ts';
import type { Verifier } from '../core/verification.ts';
import type { FinishedAttempt } from '../dispatch/attempts.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { scriptContext } from '../dispatch/scripts.ts';
import type { NewDelivery, Store } from '../store/store.ts';
import { StoreWriteError } from '../store/writer.ts';
import { type Answer, appAnswer, lost, toolAnswer, tryAgain } from './answer.ts';
import {
  type AckPolicy,
  answerAtOnce,
  byRule,
  headOf,
  insteadOfApp,
  refusedDelivery,
  refusedHead,
  refusedRelayed,
} from './decide.ts';
import { createDoor, openDoor } from './door.ts';
import type { Incoming, RequestHead, Sender } from './incoming.ts';
import { answerProbe, type ProbeAnswers } from './probes.ts';
import { Refusals } from './refusals.ts';
import { answeredElsewhere, RelayedIncoming, TakenOnce } from './relayed.ts';
import { Reply } from './reply.ts';
import { Room } from './room.ts';

/** Settings of a {@link Receiver}. */
export interface ReceiverOptions extends ProbeAnswers {
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
  /** Told of an error that nobody can act on. */
  onBug(error: unknown): void;
}

// What large bodies may hold in memory at once, and how long one waits for its share of that.
const roomBytes = 64 * 1024 * 1024;
const roomPatienceMs = 10_000;

const busy = tryAgain('too many large bodies are under way', 2);

/** Takes requests of any kind, stores them, has them dispatched and answers their senders. */
export class Receiver {
  readonly #servers: Server[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #takenOnce: TakenOnce;
  readonly #closing = new AbortController();
  readonly #room: Room;
  readonly #refusals: Refusals;

  constructor(private readonly options: ReceiverOptions) {
    this.#room = new Room(Math.max(roomBytes, 2 * options.maxBody), roomPatienceMs);
    this.#refusals = new Refusals(options.store, options.clock);
    this.#takenOnce = new TakenOnce(options.store);
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
      request: (request) => this.#serve(request),
      refused: (refused, answer) => this.#refused(refused, answer),
    });
    this.#servers.push(server);
    return openDoor(server, host, port);
  }

  /** Takes what a tunnel of this process has got from a relay; bound to this receiver. */
  readonly takeRelayed: TakeRelayed = async (request, as, connection) => {
    if (this.#closing.signal.aborted) return 'again';
    const incoming = new RelayedIncoming(request, as, connection);
    mustNotFail(this.#serve(incoming).finally(incoming.leave));
    return incoming.outcome;
  };

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
  #serve(request: Incoming): Promise<void> {
    const work = this.#receive(request).catch((error: unknown) => {
      this.options.onBug(error);
      request.sender.answer({ ...toolAnswer(500, 'an error of this tool: try again'), again: true });
    });
    return this.#track(work);
  }

  #track(work: Promise<void>): Promise<void> {
    this.#underWay.add(work);
    const forget = (): void => {
      this.#underWay.delete(work);
    };
    work.then(forget, forget);
    return work;
  }

  async #receive(request: Incoming): Promise<void> {
    const { relayed, sender } = request;
    if (await answerProbe(request, this.options)) return;
    // Another listener's, or a stranger's: every listener of an inbox is asked.
    if (relayed?.as === 'probe') return sender.answer(toolAnswer(404, 'no such probe is under way here'));
    const refused =
      (relayed && refusedRelayed(request.head)) ??
      refusedHead(headOf(request), this.#allowed(request.head.source));
    if (refused !== null) return this.#turnAway(request, refused);
    if (relayed === null) return this.#accept(request);
    await this.#takenOnce.take(relayed.id, sender, () => this.#accept(request));
  }

  async #accept(request: Incoming): Promise<void> {
    const place = this.#room.place();
    try {
      const began = performance.now();
      const announced = Math.min(request.announced, this.options.maxBody);
      if (!(await place.reserve(announced, this.#closing.signal))) return this.#turnAway(request, busy);
      const arrived = await this.#read(request, place.grow);
      if (arrived === null) return this.#turnAway(request, busy);
      const as = request.relayed?.as ?? 'live';
      if (as === 'live' || as === 'probe') await this.#take(request, arrived, began);
      else await this.#takeKept(request.sender, arrived, as);
    } finally {
      place.free();
    }
  }

  /** Answers a request that is not taken. */
  #turnAway(request: Incoming, answer: Answer): void {
    request.skip();
    request.sender.answer(answer);
    this.#refused(request.head, answer);
  }

  #refused(refused: RequestHead, answer: Answer): void {
    this.#track(this.#refusals.record(refused, answer)).catch((error) => this.options.onBug(error));
  }

  /** Hosts that may call a port, besides those of this machine; null for all, who come by the tunnel or the emulator. */
  #allowed(source: DeliverySource): readonly string[] | null {
    return source === 'local' ? this.options.allowedHosts() : source === 'emulator' ? [] : null;
  }

  /**
   * Stores a delivery, has it forwarded and answers its sender.
   * @param began when it began to come in, ms of `performance.now()`
   */
  async #take({ sender, announced }: Incoming, arrived: NewDelivery, began: number): Promise<void> {
    const { dispatcher, store, clock } = this.options;
    const gone = arrived.intake === 'aborted';
    const refused = refusedDelivery(arrived, this.options);
    // A fault is drawn only where it can strike.
    const { applied, plan } = gone || refused ? untouched : dispatcher.liveFaults.forSender();
    const reply = new Reply(sender, { store, clock, began, faults: applied });
    const refusal = refused ?? insteadOfApp(plan);
    const way = gone || refusal ? nowhere : dispatcher.way(arrived);
    const early = refusal ?? byRule(way, plan) ?? kept(answerAtOnce(arrived, plan, this.#policy(way)), way);
    // What is known by now is stored with the delivery: one write instead of two.
    if (gone) arrived.acknowledgement = reply.acknowledgement(null, goneNote(announced, arrived.body));
    else if (early && plan.delayMs === 0) arrived.acknowledgement = reply.acknowledgement(early);

    const owedTo = way.endpoints.map(({ name }) => name);
    const { delivery, stored } = store.startDelivery(arrived, owedTo);
    const forwarded = owedTo.length === 0 ? null : dispatcher.forward(delivery, way.endpoints, stored);
    forwarded?.catch(() => undefined); // looked at below: where the write fails, it fails of that
    if (!(await isStored(stored, sender)) || gone) return;
    reply.watch(delivery, early?.silence !== undefined);
    const answer = early ?? (await this.#scripted(delivery, await appsAnswer(forwarded!, plan), plan));
    if (answer === null) return;
    // An end of the tool cuts the pause short; nobody is there to be answered then.
    if (plan.delayMs > 0)
      await delay(Math.min(plan.delayMs, longestTimerMs), undefined, { signal: this.#closing.signal }).catch(
        () => undefined,
      );
    await reply.give(delivery, answer, delivery.acknowledgement !== null);
    // With --ack now this goes on behind the sender's back: what fails in it is not to pass unseen.
    await forwarded;
  }

  /** Takes what its sender is answered elsewhere for: it goes to the app, waits, or is only shown. */
  async #takeKept(sender: Sender, arrived: NewDelivery, as: CatchUp | 'copy'): Promise<void> {
    const { dispatcher } = this.options;
    const refused = refusedDelivery(arrived, this.options);
    arrived.acknowledgement = answeredElsewhere(arrived.receivedAt, as);
    const endpoints = refused || as === 'show' ? [] : dispatcher.way(arrived).endpoints;
    const names = endpoints.map(({ name }) => name);
    const { delivery, stored } = this.options.store.startDelivery(arrived, names);
    const forwarding = this.#forwardKept(delivery, endpoints, as, stored);
    forwarding.catch(() => undefined); // looked at below: where the write fails, it fails of that
    if (!(await isStored(stored, sender))) return;
    // What is held waits for the user, and nothing waits for it.
    if (as === 'hold') this.#track(forwarding).catch((error) => this.options.onBug(error));
    else if (as !== 'copy') await forwarding;
    sender.answer(toolAnswer(200, refused?.note ?? null));
    if (as === 'copy') await forwarding; // as what comes live, they go to the app side by side
  }

  async #forwardKept(
    delivery: Delivery,
    endpoints: readonly Endpoint[],
    as: CatchUp | 'copy',
    stored: Promise<void>,
  ): Promise<void> {
    if (endpoints.length === 0) return;
    const { dispatcher } = this.options;
    if (as === 'copy') await dispatcher.forward(delivery, endpoints, stored);
    else await dispatcher.forwardOwed(delivery, endpoints, { hold: as === 'hold', stored });
  }

  /** The app's answer as scripts have left it; what a fault has made of it is left alone. */
  async #scripted(delivery: Delivery, answer: Answer | null, { lose }: SenderPlan): Promise<Answer | null> {
    const { scripts } = this.options.dispatcher.rules;
    if (answer === null || answer.status === null || lose || scripts.none) return answer;
    const given = { status: answer.status, headers: answer.headers, body: Buffer.from(answer.body) };
    const { message, notes } = await scripts.answer(given, scriptContext(delivery));
    // To HEAD, the length is that of the body which is not there.
    const headers = endToEnd(message.headers, delivery.method === 'HEAD' ? [] : ['content-length']);
    const note = [...(answer.note === null ? [] : [answer.note]), ...notes].join('; ') || null;
    return { ...answer, ...message, headers, note };
  }

  #policy({ endpoints }: Way): { ack: AckPolicy; captureOnly: boolean } {
    return { ack: this.options.ack, captureOnly: endpoints.length === 0 };
  }

  /** Reads a request. @returns null where there is no room for its body */
  async #read(request: Incoming, grow: (to: number) => boolean): Promise<NewDelivery | null> {
    const { maxBody, clock, verify } = this.options;
    const { relayed } = request;
    const receivedAt = relayed?.at ?? clock.now();
    const { body, intake } = await request.read(maxBody, grow);
    if (intake === 'busy') return null;
    const { source, method, target, httpVersion, headers, remoteAddress } = request.head;
    const recognition = recognise(body);
    // Written out, without a spread: V8 makes each such object the slow way.
    const arrived: NewDelivery = {
      receivedAt,
      source,
      method,
      target,
      httpVersion,
      headers,
      body,
      remoteAddress,
      intake,
      recognition,
      verification: verify(headers, body, recognition, receivedAt),
      acknowledgement: null,
    };
    if (relayed) arrived.relayId = relayed.id;
    return arrived;
  }
}

/** Waits until a delivery is on disk; when that fails, answers 503, so that the sender tries again. */
async function isStored(stored: Promise<void>, sender: Sender): Promise<boolean> {
  try {
    await stored;
    return true;
  } catch (error) {
    if (!(error instanceof StoreWriteError)) throw error;
    sender.answer(tryAgain('the delivery could not be stored', 5));
    return false;
  }
}

/** What a sender gets that no fault strikes. */
const untouched: SenderFaults = { applied: [], plan: { instead: null, delayMs: 0, lose: null } };

/** The way of what is not to reach an app. */
const nowhere: Way = { endpoints: [], keptBy: null, answer: null, matched: [] };

/** An answer with the reason why no app is asked, where a rule is that. */
const kept = (answer: Answer | null, { keptBy }: Way): Answer | null =>
  answer && keptBy ? { ...answer, note: `kept from the app: --forward-filter ${keptBy.text}` } : answer;

/** What the app answered, or what a fault makes of it; null when the tool stopped before it was asked. */
async function appsAnswer(
  forwarded: Promise<FinishedAttempt | null>,
  { lose }: SenderPlan,
): Promise<Answer | null> {
  const finished = await forwarded;
  if (finished === null) return null;
  return lose ? lost(lose) : appAnswer(finished);
}

const goneNote = (announced: number, body: Uint8Array): string =>
  `the sender went away after ${body.length}${announced > 0 ? ` of ${announced}` : ''} bytes`;
