import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mustNotFail, UserError } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import { headOf, type RelayedAnswer, type RelayedRequest } from '../core/relay.ts';
import { HistoryFile, type LossListener } from '../store/database.ts';
import { GroupWriter, StoreWriteError } from '../store/writer.ts';
import {
  type Backend,
  type Claim,
  type Follower,
  leastKeptMs,
  type Member,
  type Membership,
  type Quota,
} from './backend.ts';
import { FileFollower } from './file-follower.ts';
import { relayShape } from './file-schema.ts';
import { askInTurn, leaderOf, Members } from './members.ts';

/** ms between two looks for what need not be kept any more. */
const sweepEveryMs = 60_000;
/** ms between two notes of what listeners have: so much comes again after a crash, and is known there. */
const noteEveryMs = 1000;
/** Rows that are removed in one go: everything else waits for it. */
const sweptAtOnce = 1000;

/** Digests of keys in memory at most. */
const mostDigests = 20_000;

/** Settings of a {@link FileBackend}. */
export interface FileBackendOptions {
  dataDir: string;
  quota: Quota;
  clock: Clock;
  /** Bytes of a request at most. */
  maxBytes: number;
  onLoss: LossListener;
}

/** What an inbox keeps. */
interface Usage {
  deliveries: number;
  bytes: number;
}

/** Inboxes in one SQLite file, for a relay that stands alone. */
export class FileBackend implements Backend {
  readonly name = 'file';
  readonly maxBytes: number;
  readonly #file: HistoryFile;
  readonly #writer: GroupWriter;
  readonly #members = new Members();
  readonly #followers = new Map<string, Set<FileFollower>>();
  readonly #usage = new Map<string, Usage>();
  /** Of inboxes that were asked for of late: each request asks, and a name is never given back. */
  readonly #digests = new Map<string, string>();
  /** Names that are being taken, while their write is on its way. */
  readonly #claimed = new Map<string, string>();
  readonly #timers: readonly NodeJS.Timeout[];
  #inboxes: number;
  #nextSeq: number;

  /** @throws UserError when the folder can't be used, or a newer version wrote the file */
  constructor(private readonly options: FileBackendOptions) {
    this.maxBytes = options.maxBytes;
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    const onLoss: LossListener = (loss) => {
      this.#digests.clear(); // what is not in the file any more is nobody's
      options.onLoss(loss);
    };
    this.#file = new HistoryFile(join(options.dataDir, 'relay.db'), options.clock, onLoss, {
      shape: relayShape,
    });
    this.#writer = new GroupWriter(this.#file, () => undefined);
    const row = this.#file.get(`select (select count(*) from inbox) as inboxes,
      max(ifnull((select seq from sqlite_sequence where name = 'delivery'), 0),
        ifnull((select max(floor) from listener), 0)) as last`)!;
    this.#inboxes = Number(row.inboxes);
    this.#nextSeq = Number(row.last) + 1;
    this.#timers = [
      setInterval(() => mustNotFail(this.sweep()), sweepEveryMs).unref(),
      setInterval(() => mustNotFail(this.#note(this.#following().filter(isAhead))), noteEveryMs).unref(),
    ];
  }

  async claim(inbox: string, keyDigest: string): Promise<Claim> {
    const known = this.#claimed.get(inbox) ?? this.#digestOf(inbox);
    if (known !== null) return known === keyDigest ? 'ours' : 'taken';
    if (this.#inboxes >= this.options.quota.inboxes) return 'full';
    this.#claimed.set(inbox, keyDigest);
    this.#inboxes += 1;
    try {
      const values = [inbox, keyDigest, this.options.clock.now()];
      await this.#writer.enqueue(() => this.#file.run('insert into inbox values (?, ?, ?)', values));
      return 'new';
    } catch (error) {
      this.#inboxes -= 1;
      throw error;
    } finally {
      this.#claimed.delete(inbox);
    }
  }

  async exists(inbox: string): Promise<boolean> {
    return this.#digestOf(inbox) !== null;
  }

  #digestOf(inbox: string): string | null {
    const known = this.#digests.get(inbox);
    if (known !== undefined) return known;
    const row = this.#file.get('select key_digest from inbox where name = ?', [inbox]);
    if (row === undefined) return null;
    if (this.#digests.size >= mostDigests) this.#digests.clear();
    const digest = String(row.key_digest);
    this.#digests.set(inbox, digest);
    return digest;
  }

  async keep(inbox: string, request: RelayedRequest): Promise<void> {
    const head = JSON.stringify(headOf(request));
    const size = head.length + request.body.length;
    const usage = this.#usageOf(inbox);
    if (this.#isFull(usage, size)) await this.#makeRoom(inbox);
    if (this.#isFull(usage, size))
      throw new UserError('inbox-full', 'this inbox holds as much as it may until a listener takes it');
    usage.deliveries += 1;
    usage.bytes += size;
    const seq = this.#nextSeq++;
    try {
      await this.#writer.enqueue(
        () => {
          const values = [seq, inbox, request.at, size, head, request.body];
          this.#file.run('insert into delivery values (?, ?, ?, ?, ?, ?)', values);
        },
        { bytes: size },
      );
    } catch (error) {
      this.#usage.delete(inbox);
      throw error;
    }
    for (const follower of this.#followers.get(inbox) ?? []) follower.wake();
  }

  #isFull({ deliveries, bytes }: Usage, size: number): boolean {
    const { quota } = this.options;
    return deliveries + 1 > quota.deliveries || bytes + size > quota.bytes;
  }

  #usageOf(inbox: string): Usage {
    const known = this.#usage.get(inbox);
    if (known) return known;
    const row = this.#file.get('select count(*) as n, total(size) as bytes from delivery where inbox = ?', [
      inbox,
    ])!;
    const usage = { deliveries: Number(row.n), bytes: Number(row.bytes) };
    this.#usage.set(inbox, usage);
    return usage;
  }

  /** Lets go of what every listener has, though it is young. */
  async #makeRoom(inbox: string): Promise<void> {
    const sql = `delete from delivery where inbox = ? and seq <= ifnull(
      (select min(floor) from listener where inbox = ? and seen_at > ?), 0)`;
    await this.#note(this.#following(inbox));
    const values = [inbox, inbox, this.#seenSince()];
    await this.#writer.enqueue(() => this.#file.run(sql, values));
    const usage = this.#usageOf(inbox);
    this.#usage.delete(inbox);
    Object.assign(usage, this.#usageOf(inbox));
    this.#usage.set(inbox, usage);
  }

  #seenSince(): number {
    return this.options.clock.now() - this.options.quota.keepMs;
  }

  async follow(inbox: string, listener: string): Promise<Follower> {
    const { clock } = this.options;
    const known = this.#file.get('select floor from listener where inbox = ? and id = ?', [inbox, listener]);
    const furthest = this.#file.get('select max(floor) as floor from listener where inbox = ?', [inbox])!;
    const here = this.#following(inbox).filter(({ about }) => !known || about.listener === listener);
    const floor = Math.max(Number((known ?? furthest).floor ?? 0), ...here.map((each) => each.floor));
    const followers = this.#followers.get(inbox) ?? new Set<FileFollower>();
    const onClose = (ended: FileFollower): Promise<void> => {
      followers.delete(ended);
      if (followers.size === 0) this.#followers.delete(inbox);
      return this.#note([ended]);
    };
    const follower = new FileFollower(this.#file, { inbox, listener, floor }, onClose);
    this.#followers.set(inbox, followers.add(follower));
    const values = [inbox, listener, floor, clock.now()];
    await this.#writer.enqueue(() => this.#file.run(putListener, values));
    return follower;
  }

  /** Those who follow an inbox, or any. */
  #following(inbox?: string): FileFollower[] {
    if (inbox !== undefined) return [...(this.#followers.get(inbox) ?? [])];
    return [...this.#followers.values()].flatMap((followers) => [...followers]);
  }

  /** Writes how far listeners have got. What is not on the disk at a crash comes to them again, and they know it. */
  async #note(followers: readonly FileFollower[]): Promise<void> {
    const now = this.options.clock.now();
    const rows = followers.map((follower) => ({ follower, floor: follower.floor }));
    if (rows.length === 0) return;
    try {
      await this.#writer.enqueue(() => {
        for (const { follower, floor } of rows)
          this.#file.run(putListener, [follower.about.inbox, follower.about.listener, floor, now]);
      });
      for (const { follower, floor } of rows) follower.noted = Math.max(follower.noted, floor);
    } catch (error) {
      if (!(error instanceof StoreWriteError)) throw error;
    }
  }

  async join(inbox: string, member: Member): Promise<Membership> {
    const id = randomUUID();
    this.#members.add(inbox, { ...member, id }, this.options.clock.now());
    this.#tellLeader(inbox);
    const members = this.#members;
    return {
      get leads() {
        return leaderOf(members.of(inbox))?.id === id;
      },
      leave: async () => {
        this.#members.remove(inbox, id);
        this.#tellLeader(inbox);
      },
    };
  }

  #tellLeader(inbox: string): void {
    this.#members.tellLeader(inbox, leaderOf(this.#members.of(inbox))?.id ?? null);
  }

  attended(inbox: string): boolean {
    return this.#members.of(inbox).length > 0;
  }

  ask(inbox: string, request: RelayedRequest, timeoutMs: number): Promise<RelayedAnswer | null> {
    return askInTurn(this.#members.of(inbox), timeoutMs, (one, leftMs) => one.serve(request, 'live', leftMs));
  }

  probe(inbox: string, request: RelayedRequest, timeoutMs: number): Promise<RelayedAnswer | null> {
    return this.#members.probe(inbox, request, timeoutMs);
  }

  async problem(): Promise<string | null> {
    return this.#writer.problem;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#note(this.#following());
    await this.#writer.drain();
    this.#file.close();
  }

  /**
   * Removes what every listener that was seen of late has, and what no such listener is there for. Done each minute by
   * itself.
   */
  async sweep(): Promise<void> {
    await this.#note(this.#following());
    const [now, since] = [this.options.clock.now(), this.#seenSince()];
    const lacks = `select 1 from listener l where l.inbox = d.inbox and l.seen_at > ? and l.floor < d.seq`;
    const sql = `delete from delivery where seq in (select seq from delivery d where at < ? and
      not exists (${lacks}) and (at < ? or exists (select 1 from listener l where l.inbox = d.inbox and l.seen_at > ?))
      limit ${sweptAtOnce})`;
    const values = [now - leastKeptMs, since, since, since];
    try {
      for (let removed = sweptAtOnce; removed === sweptAtOnce; ) {
        await this.#writer.enqueue(
          () => {
            removed = this.#file.run(sql, values);
          },
          { urgent: false },
        );
        if (removed > 0) this.#usage.clear();
      }
      await this.#writer.enqueue(
        () => void this.#file.run('delete from listener where seen_at <= ?', [since]),
        { urgent: false },
      );
    } catch (error) {
      if (!(error instanceof StoreWriteError)) throw error; // the next look does it
    }
  }
}

const isAhead = (follower: FileFollower): boolean => follower.floor > follower.noted;

// A connection that ends late knows less than the one after it.
const putListener = `insert into listener (inbox, id, floor, seen_at) values (?, ?, ?, ?)
  on conflict do update set floor = max(floor, excluded.floor), seen_at = excluded.seen_at`;
