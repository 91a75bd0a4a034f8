import type { RelayedAnswer, RelayedRequest } from '../core/relay.ts';
import type { Member } from './backend.ts';

/** What of a member tells who leads. */
export interface Presence {
  /** Of the connection. */
  id: string;
  listener: string;
  /** Whether it was told to lead. */
  lead: boolean;
  /** When it joined, ms since the epoch; of those of one relay later for each. */
  since: number;
}

/** Who answers the senders: who was told to, else who came first; null where nobody is. */
export const leaderOf = <P extends Presence>(present: Iterable<P>): P | null =>
  [...present].sort(
    (a, b) => Number(b.lead) - Number(a.lead) || a.since - b.since || (a.id < b.id ? -1 : 1),
  )[0] ?? null;

/** Has members answer one after another until one does; null when none does in time. */
export async function askInTurn<P extends Presence>(
  present: Iterable<P>,
  timeoutMs: number,
  ask: (one: P, leftMs: number) => Promise<RelayedAnswer | null | 'gone'>,
): Promise<RelayedAnswer | null> {
  const until = performance.now() + timeoutMs;
  const left = new Set(present);
  for (;;) {
    const leader = leaderOf(left);
    const leftMs = until - performance.now();
    if (leader === null || leftMs <= 0) return null;
    const answer = await ask(leader, leftMs);
    // Who is there and silent may have passed it on: it goes to nobody else.
    if (answer !== 'gone') return answer;
    left.delete(leader);
  }
}

/** The first answer with status 200 of many; null when there is none. */
export async function firstOk(
  answers: readonly Promise<RelayedAnswer | null | 'gone'>[],
): Promise<RelayedAnswer | null> {
  const ok = answers.map(async (each) => {
    const answer = await each;
    if (answer === null || answer === 'gone' || answer.status !== 200) throw new Error('not this one');
    return answer;
  });
  return Promise.any(ok).catch((error: unknown) => {
    if (error instanceof AggregateError) return null; // nobody knew it
    throw error;
  });
}

/** The members that are connected to this node. */
export class Members {
  readonly #inboxes = new Map<string, Map<string, Member & Presence>>();
  #last = 0;

  /** @param now ms since the epoch */
  add(inbox: string, member: Member & { id: string }, now: number): Member & Presence {
    this.#last = Math.max(now, this.#last + 1);
    const added = { ...member, since: this.#last };
    const present = this.#inboxes.get(inbox) ?? new Map<string, Member & Presence>();
    this.#inboxes.set(inbox, present.set(member.id, added));
    return added;
  }

  remove(inbox: string, id: string): void {
    const present = this.#inboxes.get(inbox);
    present?.delete(id);
    if (present?.size === 0) this.#inboxes.delete(inbox);
  }

  of(inbox: string): (Member & Presence)[] {
    return [...(this.#inboxes.get(inbox)?.values() ?? [])];
  }

  get(inbox: string, id: string): (Member & Presence) | undefined {
    return this.#inboxes.get(inbox)?.get(id);
  }

  /** Tells each member of an inbox whether it leads. */
  tellLeader(inbox: string, leader: string | null): void {
    for (const member of this.of(inbox)) member.onLead(member.id === leader);
  }

  /** Asks every member about a probe. */
  probe(inbox: string, request: RelayedRequest, timeoutMs: number): Promise<RelayedAnswer | null> {
    return firstOk(this.of(inbox).map((member) => member.serve(request, 'probe', timeoutMs)));
  }
}
