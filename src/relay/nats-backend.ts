import { randomUUID } from 'node:crypto';
import type { Subscription } from '@nats-io/transport-node';
import { UserError } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import { encodeMessage, headOf, type RelayedAnswer, type RelayedRequest } from '../core/relay.ts';
import { formatSize } from '../core/units.ts';
import type { Backend, Claim, Follower, Member, Membership, Quota } from './backend.ts';
import type { Log } from './log.ts';
import { askInTurn, firstOk, type Presence } from './members.ts';
import {
  closeLink,
  type Link,
  type LinkOptions,
  openLink,
  persist,
  streamName,
  subjectOf,
} from './nats-link.ts';
import { ListenerPlaces } from './nats-listeners.ts';
import { Names } from './nats-names.ts';
import { serveElsewhere, serveOthers } from './nats-passing.ts';
import { PresenceOfAll, presenceMs } from './nats-presence.ts';
import { UsageOfInboxes } from './nats-usage.ts';

/** Bytes that the headers of a request (64 KB at most, and twice as long as JSON at worst) add to its body. */
const headBytes = 132 * 1024;
/** ms that the answer to "does it work?" may take. */
const problemMs = 2000;

/** Settings of a {@link NatsBackend}. */
export interface NatsBackendOptions extends Omit<LinkOptions, 'keepMs'> {
  quota: Quota;
  /** Bytes of a request at most; fewer when NATS takes no messages of that size. */
  maxBytes: number;
  clock: Clock;
  log: Log;
}

/** Somebody on some node who can be asked. */
type Reachable = Presence & Pick<Member, 'serve'>;

/**
 * Inboxes in NATS JetStream, for any number of relays: one stream with a subject for each inbox, a durable consumer for
 * each listener, buckets for names and presence. A relay holds no state of its own.
 */
export class NatsBackend implements Backend {
  readonly name = 'nats';
  readonly #node = randomUUID();
  readonly #names: Names;
  readonly #places: ListenerPlaces;
  readonly #usage: UsageOfInboxes;
  readonly #presence: PresenceOfAll;
  readonly #serving: Subscription;

  /** @throws UserError when NATS is not there, or not as it has to be */
  static async open(options: NatsBackendOptions): Promise<NatsBackend> {
    const { quota, maxBytes, log } = options;
    const link = await openLink({ ...options, keepMs: quota.keepMs }, presenceMs);
    const room = link.connection.info!.max_payload - headBytes;
    if (room < maxBytes)
      log(
        'warn',
        `bodies over ${formatSize(room)} are refused: set max_payload in the configuration of the NATS servers to ${maxBytes + headBytes} for --max-body ${formatSize(maxBytes)}`,
      );
    const backend = new NatsBackend(link, options, Math.min(room, maxBytes));
    await backend.#presence.start();
    return backend;
  }

  private constructor(
    private readonly link: Link,
    private readonly options: NatsBackendOptions,
    readonly maxBytes: number,
  ) {
    const { quota } = options;
    this.#names = new Names(link.names, quota.inboxes);
    this.#places = new ListenerPlaces(link, quota.keepMs);
    this.#usage = new UsageOfInboxes(link, quota, (inbox) => this.#places.leastFloor(inbox));
    this.#presence = new PresenceOfAll(link.presence, this.#node);
    this.#serving = serveOthers(link.connection, this.#node, this.#presence.here);
  }

  claim(inbox: string, keyDigest: string): Promise<Claim> {
    return this.#names.claim(inbox, keyDigest);
  }

  exists(inbox: string): Promise<boolean> {
    return this.#names.exists(inbox);
  }

  /** By the relay's id JetStream knows what is published again because no answer came. */
  async keep(inbox: string, request: RelayedRequest): Promise<void> {
    const message = encodeMessage({ type: 'deliver', how: 'kept', request: headOf(request) }, request.body);
    await this.#usage.take(inbox, message.length);
    try {
      await persist(() => this.link.js.publish(subjectOf(inbox), message, { msgID: request.id }));
    } catch (error) {
      this.#usage.forget(inbox);
      throw error;
    }
  }

  follow(inbox: string, listener: string): Promise<Follower> {
    return this.#places.follow(inbox, listener);
  }

  async join(inbox: string, member: Member): Promise<Membership> {
    const [id, presence] = [randomUUID(), this.#presence];
    await presence.add(inbox, { ...member, id }, this.options.clock.now());
    return {
      get leads() {
        return presence.leaderOf(inbox) === id;
      },
      leave: () => presence.remove(inbox, id),
    };
  }

  attended(inbox: string): boolean {
    return this.#reachable(inbox).length > 0;
  }

  ask(inbox: string, request: RelayedRequest, timeoutMs: number): Promise<RelayedAnswer | null> {
    return askInTurn(this.#reachable(inbox), timeoutMs, (one, leftMs) => one.serve(request, 'live', leftMs));
  }

  probe(inbox: string, request: RelayedRequest, timeoutMs: number): Promise<RelayedAnswer | null> {
    return firstOk(this.#reachable(inbox).map((one) => one.serve(request, 'probe', timeoutMs)));
  }

  #reachable(inbox: string): Reachable[] {
    const { link } = this;
    const elsewhere = this.#presence.elsewhere(inbox).map(
      (one): Reachable => ({
        ...one,
        serve: (request, how, timeoutMs) =>
          serveElsewhere(link.connection, this.#presence, { inbox, one, request, how, timeoutMs }),
      }),
    );
    return [...this.#presence.here.of(inbox), ...elsewhere];
  }

  async problem(): Promise<string | null> {
    try {
      const { cluster } = await persist(() => this.link.jsm.streams.info(streamName), problemMs);
      return cluster && !cluster.leader ? 'JetStream has no leader for what is kept' : null;
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#serving.unsubscribe();
    await this.#presence.close();
    await closeLink(this.link);
  }
}
