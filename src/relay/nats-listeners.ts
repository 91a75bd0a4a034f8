import { randomUUID } from 'node:crypto';
import { DeliverPolicy } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import * as z from 'zod';
import type { Follower } from './backend.ts';
import { NatsFollower } from './nats-follower.ts';
import { explicitly, isMissing, type Link, persist, streamName, subjectOf, unlessAway } from './nats-link.ts';

/**
 * ms before JetStream sends again what is not acknowledged. Long, since a listener may be busy with what came before;
 * after a death nothing waits for it, because who comes back reads anew from where it was.
 */
const ackWaitMs = 300_000;
/** Deliveries on their way to a listener; those that came live and wait for the app's answer count as well. */
const mostOutstanding = 1000;
/** Deliveries that are read ahead for a listener. */
const readAhead = 16;
/** ms for which JetStream is asked for more at once, and between its signs of life: two that lack, and it is asked anew. */
const askedForMs = 6000;
const signEveryMs = 2000;

const place = z.object({ consumer: z.string(), floor: z.int().min(0) });
type Place = z.output<typeof place>;

/**
 * Where each listener is in the log of its inbox: a durable consumer, whose name stands in a bucket. Each connection has
 * a new one, from where the last one was: so what the last one had on its way comes first, and in order, and the last
 * one reads no more, wherever it hangs.
 */
export class ListenerPlaces {
  constructor(
    private readonly link: Link,
    /** ms after which a listener that was not seen is forgotten. */
    private readonly keepMs: number,
  ) {}

  /** As {@link Backend.follow}. */
  async follow(inbox: string, listener: string): Promise<Follower> {
    const { js, jsm, listeners } = this.link;
    const key = `${inbox}.${listener}`;
    const old = await this.#placeAt(key);
    const oldFloor = old && (await this.#floorOf(old));
    const floor = oldFloor ?? Math.max(0, ...(await this.#floors(inbox)));
    const consumer = `${inbox}_${randomUUID()}`;
    const info = await persist(() =>
      jsm.consumers.add(streamName, {
        ...explicitly,
        ...{ durable_name: consumer, filter_subject: subjectOf(inbox) },
        ...{ deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: floor + 1 },
        ...{ ack_wait: nanos(ackWaitMs), max_ack_pending: mostOutstanding },
        inactive_threshold: nanos(this.keepMs),
      }),
    );
    await persist(() => listeners.put(key, JSON.stringify({ consumer, floor } satisfies Place)));
    if (old) await this.#drop(old);
    const read = await persist(() => js.consumers.get(streamName, consumer));
    const messages = await read.consume({
      ...{ max_messages: readAhead, expires: askedForMs, idle_heartbeat: signEveryMs },
      abort_on_missing_resource: true,
    });
    const isReplaced = async (): Promise<boolean> => (await this.#placeAt(key))?.consumer !== consumer;
    return new NatsFollower(this.link.connection, messages, info.num_pending, isReplaced);
  }

  /** Up to which number every listener of an inbox has all; 0 when there is none. */
  async leastFloor(inbox: string): Promise<number> {
    const floors = await this.#floors(inbox);
    return floors.length === 0 ? 0 : Math.min(...floors);
  }

  /** How far those listeners are that were seen of late. */
  async #floors(inbox: string): Promise<number[]> {
    const keys = await persist(() => this.#keysOf(inbox));
    const floors = await Promise.all(
      keys.map(async (key) => {
        const found = await this.#placeAt(key);
        const floor = found && (await this.#floorOf(found));
        // Its consumer went because nobody read for so long.
        if (floor === null) await persist(() => this.link.listeners.purge(key));
        return floor;
      }),
    );
    return floors.filter((floor) => floor !== null);
  }

  async #keysOf(inbox: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of await this.link.listeners.keys(`${inbox}.*`)) keys.push(key);
    return keys;
  }

  async #placeAt(key: string): Promise<Place | null> {
    const entry = await persist(() => this.link.listeners.get(key));
    return entry?.operation === 'PUT' ? place.parse(entry.json()) : null;
  }

  async #floorOf({ consumer, floor }: Place): Promise<number | null> {
    try {
      const info = await persist(() => this.link.jsm.consumers.info(streamName, consumer));
      return Math.max(floor, info.ack_floor.stream_seq);
    } catch (error) {
      if (isMissing((error as Error).cause)) return null;
      throw error;
    }
  }

  async #drop({ consumer }: Place): Promise<void> {
    await unlessAway(this.link.jsm.consumers.delete(streamName, consumer)); // it goes by itself, too
  }
}
