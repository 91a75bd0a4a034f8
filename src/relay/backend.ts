import type { RelayedAnswer, RelayedRequest } from '../core/relay.ts';

/** What a relay keeps at most; deliveries and bytes are those of one inbox. */
export interface Quota {
  inboxes: number;
  deliveries: number;
  /** Of bodies and headers. */
  bytes: number;
  /** ms that a delivery is kept for listeners which have been seen since. */
  keepMs: number;
}

/** ms for which a delivery stays although every listener has it. */
export const leastKeptMs = 24 * 60 * 60 * 1000;

/** A delivery that is kept. */
export interface Kept {
  request: RelayedRequest;
  /** Whether it came before its reader began to follow. */
  before: boolean;
  /** Says that the listener has it on its own disk. */
  readonly done: () => void;
  /** It comes again, later. */
  readonly again: () => void;
}

/** Reads what is kept for one listener, in order. */
export interface Follower {
  /** How much there was for it at the beginning. */
  readonly waiting: number;
  /** The next one; null once `signal` is aborted. */
  next(signal: AbortSignal): Promise<Kept | null>;
  close(): Promise<void>;
}

/** A listener that is connected to this node. */
export interface Member {
  /** Of the listener, not of the connection. */
  listener: string;
  /** Whether it was told to lead. */
  lead: boolean;
  /** Has it answer; null when it does not in time, or can't store it; `gone` when it never got it. */
  serve(
    request: RelayedRequest,
    how: 'live' | 'probe',
    timeoutMs: number,
  ): Promise<RelayedAnswer | null | 'gone'>;
  /** Told when it begins or ceases to answer the senders. */
  onLead(leads: boolean): void;
}

/** The place of a member among those of its inbox. */
export interface Membership {
  readonly leads: boolean;
  leave(): Promise<void>;
}

/** What became of the request for a name. */
export type Claim = 'new' | 'ours' | 'taken' | 'full';

/**
 * What a relay stands on: names and their keys, a log for each inbox, and who listens. One file of its own, or NATS
 * JetStream under any number of nodes.
 */
export interface Backend {
  readonly name: string;
  /** Bytes of a request at most. */
  readonly maxBytes: number;
  /** Takes an inbox for the one whose key has this digest, or finds that it is theirs. */
  claim(inbox: string, keyDigest: string): Promise<Claim>;
  exists(inbox: string): Promise<boolean>;
  /**
   * Puts a delivery into the inbox's log; it is on disk when this resolves.
   * @throws UserError `inbox-full` when there is no room, or another when it could not be written
   */
  keep(inbox: string, request: RelayedRequest): Promise<void>;
  /** Begins to read for a listener: where it left off, or, for a new one, where the one furthest ahead is. */
  follow(inbox: string, listener: string): Promise<Follower>;
  /** Says that somebody listens. The same listener may join twice for a moment: the last one counts. */
  join(inbox: string, member: Member): Promise<Membership>;
  /** Whether anybody listens, on any node. */
  attended(inbox: string): boolean;
  /** Has the member that leads answer; null when nobody does in time. */
  ask(inbox: string, request: RelayedRequest, timeoutMs: number): Promise<RelayedAnswer | null>;
  /** Asks every member about a probe; the first answer with status 200. */
  probe(inbox: string, request: RelayedRequest, timeoutMs: number): Promise<RelayedAnswer | null>;
  /** Why it does not work; null when it does. */
  problem(): Promise<string | null>;
  close(): Promise<void>;
}
