import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { UserError } from '../core/errors.ts';
import { decodeMessage } from '../core/relay.ts';
import type { Follower, Kept } from './backend.ts';

/** ms before what could not be taken comes again. */
const againMs = 2000;

/** A message, and where it is acknowledged, which its published type leaves out. */
type Message = JsMsg & { readonly reply: string };

/** Reads an inbox's log for one listener, by a consumer of its own. */
export class NatsFollower implements Follower {
  readonly #next: AsyncIterator<Message>;
  #coming: Promise<IteratorResult<Message>> | null = null;
  /** By its number, what was read and is not on the listener's disk yet: where it is acknowledged. Bodies are not held. */
  readonly #outstanding = new Map<number, string>();
  /** How many of those that waited at the beginning are still to come for the first time, and the last that came. */
  #toCome: number;
  #lastBefore = 0;
  #closed = false;

  constructor(
    private readonly connection: Pick<NatsConnection, 'publish'>,
    private readonly messages: ConsumerMessages,
    readonly waiting: number,
    /** Says whether another connection reads for this listener now. */
    private readonly isReplaced: () => Promise<boolean>,
  ) {
    this.#next = messages[Symbol.asyncIterator]() as AsyncIterator<Message>;
    this.#toCome = waiting;
  }

  /** @throws UserError when the listener is read for by another connection by now, or the log is gone */
  async next(signal: AbortSignal): Promise<Kept | null> {
    while (!signal.aborted && !this.#closed) {
      const message = await this.#read(signal);
      if (message === null) break;
      const { streamSequence } = message.info;
      const known = this.#outstanding.has(streamSequence);
      this.#outstanding.set(streamSequence, message.reply);
      // JetStream lost patience with a slow listener: it has it already, and this one is acknowledged in its place.
      if (!known) return this.#kept(streamSequence, message);
    }
    return null;
  }

  /** Whether it waited at the beginning. They come in order, before all that came later. */
  #isBefore(seq: number): boolean {
    if (this.#toCome > 0 && seq > this.#lastBefore) {
      this.#toCome -= 1;
      this.#lastBefore = seq;
    }
    return seq <= this.#lastBefore;
  }

  async #read(signal: AbortSignal): Promise<Message | null> {
    this.#coming ??= this.#next.next();
    const coming = this.#coming;
    let end: () => void = () => undefined;
    const aborted = new Promise<null>((resolve) => {
      end = () => resolve(null);
      signal.addEventListener('abort', end);
    });
    try {
      const result = await Promise.race([coming, aborted]);
      if (result === null)
        coming.catch(() => undefined); // nobody reads any more
      else this.#coming = null;
      if (result?.done && !this.#closed) throw new Error('the connection to NATS was closed');
      return result === null || result.done ? null : result.value;
    } catch (error) {
      throw (await this.isReplaced())
        ? new UserError('relay-replaced', 'the listener is served by another connection by now')
        : new UserError('relay-follow', 'NATS does not let it read on', 1, { cause: error });
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  #kept(seq: number, message: JsMsg): Kept {
    const { head, body } = decodeMessage(Buffer.from(message.data));
    if (head.type !== 'deliver') throw new UserError('relay-log', 'the log holds what is no delivery');
    // By JetStream's own words, since its messages would hold their bodies.
    const say = (what: string): void => {
      const where = this.#outstanding.get(seq);
      this.#outstanding.delete(seq);
      if (where !== undefined) this.connection.publish(where, what);
    };
    return {
      ...{ request: { ...head.request, body }, before: this.#isBefore(seq) },
      done: () => say('+ACK'),
      again: () => say(`-NAK ${JSON.stringify({ delay: nanos(againMs) })}`),
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.messages.stop(); // its promise of an end is kept only to who reads on
  }
}
