import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { messageOf, UserError } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/ids.ts';
import { decodeMessage } from '../../src/core/relay.ts';
import { NatsBackend } from '../../src/relay/nats-backend.ts';
import { freePort } from '../support/localtunnel-server.ts';
import { caughtUp, type Nats, startNats } from '../support/nats.ts';
import { member, openNats, read, relayed, roomy } from '../support/relay-backends.ts';
import { waitFor } from '../support/wait.ts';

const ids = (count: number, prefix = 'rly'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}_${index}`);

/** The ids of all deliveries that NATS holds, in order. */
async function loggedIds({ urls }: Nats): Promise<string[]> {
  const connection = await connect({ servers: urls.split(',') });
  try {
    const jsm = await jetstreamManager(connection);
    const streams = await jsm.streams.list().next();
    const { config, state } = streams.find(({ config }) => !config.name.startsWith('KV_'))!;
    const ids: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await jsm.streams.getMessage(config.name, { seq });
      const { head } = decodeMessage(Buffer.from(message!.data));
      ids.push(head.type === 'deliver' ? head.request.id : head.type);
    }
    return ids;
  } finally {
    await connection.close();
  }
}

test('with kill -9 of one NATS node after another nothing acknowledged is lost or there twice, and a listener reads on', {
  timeout: 180_000,
}, async () => {
  const nats = await startNats(3);
  const [one, other] = [await openNats(nats, { replicas: 3 }), await openNats(nats, { replicas: 3 })];
  const [sent, acknowledged] = [new Set<string>(), new Set<string>()];
  const publish = async (backend: NatsBackend, mine: readonly string[]): Promise<void> => {
    for (const id of mine) {
      sent.add(id);
      // A sender tries again what was not acknowledged, and that is another delivery.
      await backend.keep('invoices', relayed(id)).then(
        () => acknowledged.add(id),
        (error: unknown) => expect(error).toBeInstanceOf(UserError),
      );
    }
  };
  const publishing = Array.from({ length: 20 }, (_, index) =>
    publish(index % 2 ? one : other, ids(20, `rly_${index}`)),
  );
  const [first, ...others] = nats.nodes;
  await waitFor(() => acknowledged.size > 60, { timeoutMs: 60_000 });
  await first!.kill();
  await Promise.all(publishing);
  expect(acknowledged.size).toBeGreaterThan(60);
  // A listener tries again, too, while a leader is elected.
  const follower = await waitFor(() => other.follow('invoices', 'anna'), { timeoutMs: 60_000 });
  /**
   * Reads one that was sent. What was read before may come once more, where a leader went that was to note it; and what
   * was kept and not acknowledged is there, too.
   */
  const readOne = async (): Promise<string> => {
    const [id] = (await read(follower, 1)) as [string];
    expect(sent).toContain(id);
    return id;
  };
  // Not as many as it says to wait: the copy that it asks may be behind the others.
  for (const missing = new Set(acknowledged); missing.size > 0; ) missing.delete(await readOne());
  await first!.start();

  /** Kept in the end, once, however long a leader is elected. */
  const keep = async (id: string): Promise<void> => {
    sent.add(id);
    await waitFor(() => one.keep('invoices', relayed(id)).then(() => true as const), { timeoutMs: 60_000 });
    acknowledged.add(id);
  };
  const readUpTo = async (id: string): Promise<void> => {
    while ((await readOne()) !== id);
  };
  for (const [index, node] of others.entries()) {
    await keep(`rly_${index}a`);
    await readUpTo(`rly_${index}a`);
    await caughtUp(nats);
    await node.kill();
    await keep(`rly_${index}b`);
    await readUpTo(`rly_${index}b`);
    await node.start();
  }
  await caughtUp(nats);
  const log = await loggedIds(nats);
  expect(log).toEqual([...new Set(log)]);
  expect(log).toEqual(expect.arrayContaining([...acknowledged]));
});

test('while NATS is away nothing is acknowledged and it is said, and a relay can end; afterwards all goes on', {
  timeout: 120_000,
}, async () => {
  const nats = await startNats();
  const [one, other, ending] = [await openNats(nats), await openNats(nats), await openNats(nats)];
  await one.claim('invoices', 'aa');
  const anna = await other.join('invoices', member('anna'));
  await waitFor(() => one.attended('invoices'));
  const follower = await other.follow('invoices', 'anna');
  const ben = await ending.join('others', member('ben'));
  const bens = await ending.follow('others', 'ben');
  const waiting = bens.next(new AbortController().signal);
  await nats.nodes[0]!.kill();
  const kept = one.keep('invoices', relayed('rly_1')).catch((error: unknown) => error);
  const ended = (async () => {
    await bens.close();
    expect(await waiting).toBeNull();
    await ben.leave();
    await ending.close();
  })();
  expect(await one.problem()).toMatch(/^NATS does not do it/);
  expect(await kept).toBeInstanceOf(UserError);
  expect(await one.exists('invoices')).toBe(true); // what is known needs nobody
  await ended;
  await nats.nodes[0]!.start();
  await waitFor(async () => (await one.problem()) === null, { timeoutMs: 30_000 });
  await waitFor(async () => {
    await one.keep('invoices', relayed('rly_2'));
    return true;
  });
  expect(await read(follower, 1)).toEqual(['rly_2']);
  await waitFor(async () => (await one.ask('invoices', relayed('rly_3'), 2000))?.status === 200);
  await anna.leave();
});

test('another connection of the same listener ends the one that hangs', async () => {
  const nats = await startNats();
  const [one, other] = [await openNats(nats), await openNats(nats)];
  const hanging = await one.follow('invoices', 'anna');
  const waiting = hanging.next(new AbortController().signal).catch((error: unknown) => error);
  await other.follow('invoices', 'anna');
  expect(await waiting).toMatchObject({ code: 'relay-replaced' });
});

test('a member that is not where it was said to be is passed over, and forgotten', async () => {
  const nats = await startNats();
  const [one, other] = [await openNats(nats), await openNats(nats)];
  const third = await NatsBackend.open({
    ...{ servers: nats.urls, creds: null, replicas: 1, quota: roomy, maxBytes: 500_000 },
    ...{ clock: systemClock, log: () => undefined },
  });
  await third.join('invoices', member('gone', { lead: true }));
  await waitFor(() => one.attended('invoices') && other.attended('invoices'));
  const here = await one.join('invoices', member('next'));
  expect(here.leads).toBe(false);
  await third.close(); // with its member said to be there
  const answer = await one.ask('invoices', relayed('rly_1'), 5000);
  expect(answer).toMatchObject({ headers: [['x-by', 'next']] });
  expect(here.leads).toBe(true);
});

test('bodies are as large as NATS takes messages, and it is said what to set', async () => {
  const nats = await startNats(1, { settings: 'max_payload: 400000' });
  const said: string[] = [];
  const backend = await NatsBackend.open({
    ...{ servers: nats.urls, creds: null, replicas: 1, quota: roomy, maxBytes: 500_000 },
    ...{ clock: systemClock, log: (_, message) => void said.push(message) },
  });
  expect(backend.maxBytes).toBe(400_000 - 132 * 1024);
  expect(said).toEqual([expect.stringContaining('set max_payload')]);
  const large = { ...relayed('rly_1'), body: Buffer.alloc(backend.maxBytes, 7) };
  const headers: [string, string][] = Array.from({ length: 31 }, () => ['x', '"'.repeat(2000)]);
  await backend.keep('invoices', { ...large, headers });
  const follower = await backend.follow('invoices', 'anna');
  const kept = await follower.next(AbortSignal.timeout(10_000));
  expect(Buffer.compare(kept!.request.body, large.body)).toBe(0);
  await backend.close();
});

describe('what is wrong at the start is said in one line', () => {
  const start = async (servers: string, replicas = 1): Promise<string> => {
    const opened = NatsBackend.open({
      ...{ servers, creds: null, replicas, quota: roomy, maxBytes: 500_000 },
      ...{ clock: systemClock, log: () => undefined },
    });
    const error = await opened.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(messageOf(error)).not.toContain('\n');
    return messageOf(error);
  };

  test('nobody is there', async () => {
    expect(await start(`nats://anna:secret@127.0.0.1:${await freePort()}`)).toMatch(
      /^No NATS server answers at nats:\/\/127\.0\.0\.1:\d+: start one with JetStream/,
    );
  });

  test('JetStream is off', async () => {
    const { urls } = await startNats(1, { jetstream: false });
    expect(await start(urls)).toMatch(/^JetStream is off on this NATS server: start it with -js/);
  });

  test('it lets nobody in without credentials', async () => {
    const { urls } = await startNats(1, { settings: 'authorization { user: a, password: b }' });
    expect(await start(urls)).toMatch(/does not let this relay in: check --nats-creds/);
  });

  test('there are fewer servers than copies', async () => {
    const { urls } = await startNats();
    expect(await start(urls, 3)).toMatch(/^There are fewer NATS servers with JetStream than --nats-replicas/);
  });
});
