import { DeliverPolicy } from '@nats-io/jetstream';
import { UserError } from '../core/errors.ts';
import type { Quota } from './backend.ts';
import { type Link, persist, streamName, subjectOf } from './nats-link.ts';
import { remember } from './nats-names.ts';

/** ms for which what was counted holds; what this node adds meanwhile is counted with it. */
const freshMs = 5000;
/** ms between two attempts to make room in an inbox that is full. */
const roomEveryMs = 1000;
/** Deliveries by whose size that of the others is reckoned. */
const sampled = 100;

interface Counted {
  deliveries: number;
  bytes: number;
  /** By `performance.now()`. */
  at: number;
}

/**
 * What inboxes hold. JetStream counts the messages of a subject, but not their bytes: those that this node kept are
 * known, and the others are reckoned to be as large, on average, as these and the oldest hundred.
 */
export class UsageOfInboxes {
  readonly #known = new Map<string, Counted>();
  readonly #looks = new Map<string, Promise<Counted>>();
  readonly #roomAt = new Map<string, number>();

  constructor(
    private readonly link: Link,
    private readonly quota: Quota,
    /** Up to which number every listener of an inbox has all. */
    private readonly leastFloor: (inbox: string) => Promise<number>,
  ) {}

  /** Counts one more in. @throws UserError `inbox-full` when there is no room for it */
  async take(inbox: string, size: number): Promise<void> {
    let counted = await this.#counted(inbox);
    if (this.#isFull(counted, size) && (await this.#makeRoom(inbox))) counted = await this.#look(inbox);
    if (this.#isFull(counted, size))
      throw new UserError('inbox-full', 'this inbox holds as much as it may until a listener takes it');
    counted.deliveries += 1;
    counted.bytes += size;
  }

  /** What was counted of an inbox may be wrong. */
  forget(inbox: string): void {
    this.#known.delete(inbox);
  }

  #isFull({ deliveries, bytes }: Counted, size: number): boolean {
    return deliveries + 1 > this.quota.deliveries || bytes + size > this.quota.bytes;
  }

  async #counted(inbox: string): Promise<Counted> {
    const known = this.#known.get(inbox);
    return known && performance.now() - known.at < freshMs ? known : this.#look(inbox);
  }

  /** Several who want to know at once look once. */
  #look(inbox: string): Promise<Counted> {
    const under = this.#looks.get(inbox);
    if (under) return under;
    const look = this.#count(inbox).finally(() => this.#looks.delete(inbox));
    this.#looks.set(inbox, look);
    return look;
  }

  async #count(inbox: string): Promise<Counted> {
    const filter = { subjects_filter: subjectOf(inbox) };
    const { state } = await persist(() => this.link.jsm.streams.info(streamName, filter));
    const deliveries = state.subjects?.[subjectOf(inbox)] ?? 0;
    const known = this.#known.get(inbox);
    const average = known?.deliveries
      ? known.bytes / known.deliveries
      : await this.#sample(inbox, deliveries);
    const counted = { deliveries, bytes: deliveries * average, at: performance.now() };
    remember(this.#known, inbox, counted);
    return counted;
  }

  /** The average size of the oldest deliveries, by their heads. */
  async #sample(inbox: string, deliveries: number): Promise<number> {
    if (deliveries === 0) return 0;
    const heads = await persist(() =>
      this.link.js.consumers.get(streamName, {
        ...{ filter_subjects: subjectOf(inbox), headers_only: true, deliver_policy: DeliverPolicy.All },
      }),
    );
    let [bytes, count] = [0, 0];
    const most = Math.min(deliveries, sampled);
    for await (const message of await heads.fetch({ max_messages: most, expires: 2000 })) {
      bytes += Number(message.headers?.get('Nats-Msg-Size'));
      count += 1;
      if (count === most) break;
    }
    return count === 0 ? 0 : bytes / count;
  }

  /** Lets go of what every listener has. @returns whether anything was tried */
  async #makeRoom(inbox: string): Promise<boolean> {
    const now = performance.now();
    if (now < (this.#roomAt.get(inbox) ?? 0)) return false;
    remember(this.#roomAt, inbox, now + roomEveryMs);
    const floor = await this.leastFloor(inbox);
    if (floor === 0) return false;
    const purge = { filter: subjectOf(inbox), seq: floor + 1 };
    await persist(() => this.link.jsm.streams.purge(streamName, purge));
    return true;
  }
}
