import type { KV } from '@nats-io/kv';
import * as z from 'zod';
import { mustNotFail } from '../core/errors.ts';
import type { Member } from './backend.ts';
import { leaderOf, Members, type Presence } from './members.ts';
import { persist, unlessAway } from './nats-link.ts';

/** ms for which what is said of a member stays in the bucket, and after which it is said again. */
export const presenceMs = 600_000;
const sayAgainMs = 180_000;
/** ms between two signs of life of a node, and after which one that gave none is gone. */
const beatMs = 5000;
const nodeGoneMs = 30_000;

const said = z.object({ listener: z.string(), lead: z.boolean(), since: z.number() });

/** A member that is connected to another node. */
export interface Elsewhere extends Presence {
  node: string;
  /** When it is forgotten unless it is said again, by `performance.now()`. */
  until: number;
}

/**
 * Who listens, on all nodes: each node writes its members and its own signs of life into a bucket that forgets, and
 * watches it. That a node died is seen by its silence, or at once by whoever asks it in vain.
 */
export class PresenceOfAll {
  readonly here = new Members();
  readonly #elsewhere = new Map<string, Map<string, Elsewhere>>();
  /** When other nodes were heard last, by `performance.now()`. */
  readonly #heard = new Map<string, number>();
  /** Who leads each inbox that has members here, as they were told. */
  readonly #told = new Map<string, string | null>();
  readonly #timers: NodeJS.Timeout[];
  #watch: Awaited<ReturnType<KV['watch']>> | null = null;

  constructor(
    private readonly bucket: KV,
    private readonly node: string,
  ) {
    this.#timers = [
      setInterval(() => mustNotFail(this.#beat()), beatMs),
      setInterval(() => mustNotFail(this.#sayAgain()), sayAgainMs),
    ];
  }

  /** Resolves once it is known who is there. */
  async start(): Promise<void> {
    this.#watch = await persist(() => this.bucket.watch());
    const known = new Promise<void>((resolve) => mustNotFail(this.#follow(this.#watch!, resolve)));
    await persist(() => this.bucket.put(nodeKey(this.node), ''));
    await known; // what was in the bucket before this came before it
  }

  async #follow(watch: Awaited<ReturnType<KV['watch']>>, onSelf: () => void): Promise<void> {
    for await (const { key, operation, value } of watch) {
      const [kind, ...rest] = key.split('.');
      if (kind === 'node') {
        const [node] = rest as [string];
        if (node === this.node) onSelf();
        else if (operation === 'PUT') this.#heard.set(node, performance.now());
        else this.lost(node);
      } else this.#note(rest as [string, string, string], operation === 'PUT' ? value : null);
    }
  }

  #note([inbox, node, id]: [string, string, string], value: Uint8Array | null): void {
    if (node === this.node) return;
    const parsed = value && said.safeParse(JSON.parse(new TextDecoder().decode(value)));
    const present = this.#elsewhere.get(inbox) ?? new Map<string, Elsewhere>();
    if (parsed?.success)
      this.#elsewhere.set(
        inbox,
        present.set(id, { ...parsed.data, id, node, until: performance.now() + presenceMs }),
      );
    else present.delete(id);
    if (present.size === 0) this.#elsewhere.delete(inbox);
    this.#tell(inbox);
  }

  /** Who is there on other nodes. */
  elsewhere(inbox: string): Elsewhere[] {
    const present = [...(this.#elsewhere.get(inbox)?.values() ?? [])];
    return present.filter(({ node }) => this.#heard.has(node));
  }

  leaderOf(inbox: string): string | null {
    return leaderOf<Presence>([...this.here.of(inbox), ...this.elsewhere(inbox)])?.id ?? null;
  }

  /** A node does not answer any more; it is there again with its next sign of life. */
  lost(node: string): void {
    this.#heard.delete(node);
    for (const inbox of this.#told.keys()) this.#tell(inbox);
  }

  /**
   * Says that somebody listens here.
   * @param now ms since the epoch
   */
  async add(inbox: string, member: Member & { id: string }, now: number): Promise<void> {
    const added = this.here.add(inbox, member, now);
    this.#tell(inbox);
    await persist(() => this.#say(inbox, added));
  }

  async remove(inbox: string, id: string): Promise<void> {
    this.here.remove(inbox, id);
    this.#tell(inbox);
    await unlessAway(this.bucket.purge(memberKey(inbox, this.node, id))); // who asks for it meanwhile hears that it is gone
  }

  #say(inbox: string, { id, listener, lead, since }: Presence): Promise<number> {
    return this.bucket.put(memberKey(inbox, this.node, id), JSON.stringify({ listener, lead, since }));
  }

  #tell(inbox: string): void {
    if (this.here.of(inbox).length === 0) return void this.#told.delete(inbox);
    const leader = this.leaderOf(inbox);
    if (this.#told.get(inbox) === leader) return;
    this.#told.set(inbox, leader);
    this.here.tellLeader(inbox, leader);
  }

  async #beat(): Promise<void> {
    const now = performance.now();
    for (const [node, at] of this.#heard) if (now - at > nodeGoneMs) this.lost(node);
    await unlessAway(this.bucket.put(nodeKey(this.node), '')); // the next one comes soon
  }

  async #sayAgain(): Promise<void> {
    for (const inbox of [...this.#told.keys()])
      for (const member of this.here.of(inbox)) await unlessAway(this.#say(inbox, member));
    const now = performance.now();
    for (const [inbox, present] of this.#elsewhere)
      for (const { id, node, until } of present.values())
        if (until < now) this.#note([inbox, node, id], null);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#watch?.stop();
    await unlessAway(this.bucket.purge(nodeKey(this.node)));
  }
}

const nodeKey = (node: string): string => `node.${node}`;
const memberKey = (inbox: string, node: string, id: string): string => `in.${inbox}.${node}.${id}`;
