import { systemClock } from '../../src/core/ids.ts';
import type { RelayedRequest } from '../../src/core/relay.ts';
import type { Backend, Follower, Member, Quota } from '../../src/relay/backend.ts';
import { FileBackend } from '../../src/relay/file-backend.ts';
import { NatsBackend } from '../../src/relay/nats-backend.ts';
import { onCleanup, tempDir } from './cleanup.ts';
import { type Nats, startNats } from './nats.ts';

const day = 24 * 60 * 60 * 1000;

/** Room for anything. */
export const roomy: Quota = { inboxes: 1000, deliveries: 100_000, bytes: 2 ** 30, keepMs: 7 * day };

/** A relay's stand, as two nodes of it see it; of the file backend they are one. */
export interface Stand {
  one: Backend;
  other: Backend;
}

/** What a relay can stand on, each made anew. */
export const stands: Readonly<Record<'file' | 'nats', (quota?: Partial<Quota>) => Promise<Stand>>> = {
  file: async (quota) => {
    const backend = new FileBackend({
      ...{ dataDir: tempDir(), quota: { ...roomy, ...quota }, clock: systemClock, maxBytes: 1e6 },
      onLoss: () => undefined,
    });
    onCleanup(() => backend.close());
    return { one: backend, other: backend };
  },
  nats: async (quota) => {
    const nats = await startNats();
    return { one: await openNats(nats, { quota }), other: await openNats(nats, { quota }) };
  },
};

/** One relay's backend on NATS, closed with the test. */
export async function openNats(
  nats: Pick<Nats, 'urls'>,
  { quota, replicas = 1 }: { quota?: Partial<Quota> | undefined; replicas?: number } = {},
): Promise<NatsBackend> {
  const backend = await NatsBackend.open({
    ...{ servers: nats.urls, creds: null, replicas, quota: { ...roomy, ...quota } },
    ...{ maxBytes: 500_000, clock: systemClock, log: () => undefined },
  });
  onCleanup(() => backend.close());
  return backend;
}

/** A request as a relay takes it in. */
export const relayed = (id: string, body = `{"n":"${id}"}`): RelayedRequest => ({
  ...{ id, at: Date.now(), method: 'POST', target: `/webhook?n=${id}`, httpVersion: '1.1' },
  headers: [
    ['Content-Type', 'application/json'],
    ['X-Twice', 'a'],
    ['x-twice', 'é"'],
  ],
  ...{ remoteAddress: '203.0.113.9', body: Buffer.from(body) },
});

/** A listener whose app answers with its name. */
export function member(listener: string, rest: Partial<Member> = {}): Member & { told: boolean[] } {
  const told: boolean[] = [];
  return {
    ...{ listener, lead: false, told },
    serve: async ({ body }) => ({ status: 200, headers: [['x-by', listener]], body }),
    onLead: (leads) => void told.push(leads),
    ...rest,
  };
}

/** Reads so many deliveries; they are on the listener's disk then. @returns their ids */
export async function read(follower: Follower, count: number, done = true): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const kept = await follower.next(AbortSignal.timeout(60_000));
    if (kept === null) throw new Error(`waited in vain after ${ids.join(', ')}`);
    ids.push(kept.request.id);
    if (done) kept.done();
  }
  return ids;
}
