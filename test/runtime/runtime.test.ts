import { describe, expect, test } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { SessionEvent } from '../../src/core/session.ts';
import { stableSubdomain } from '../../src/runtime/data-dir.ts';
import type { RuntimeConfig } from '../../src/runtime/runtime.ts';
import { post } from '../receiver/raw-client.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';
import { start } from './start.ts';

describe('a running tool', () => {
  test('tells of every change once, in order, by the number of its delivery', async () => {
    const app = await startApp();
    const runtime = await start({ endpoints: [parseEndpoint(app.url)] });
    const events: SessionEvent[] = [];
    const end = runtime.subscribe((event) => void events.push(event));
    await post(runtime.port);
    const changes = () => events.filter(({ type }) => type !== 'status');
    await waitFor(() => changes().length === 4);
    expect(changes()[0]).toMatchObject({ type: 'delivery', seq: 1, delivery: { method: 'POST' } });
    expect(
      changes()
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['acknowledgement', 'attempt', 'attempt', 'delivery']);
    end();
    await post(runtime.port);
    expect(changes()).toHaveLength(4);
  });

  test('says how it is', async () => {
    const app = await startApp();
    const runtime = await start({ endpoints: [parseEndpoint(app.url)], secret: 's', rejectUnverified: true });
    await waitFor(() => runtime.status().endpoints[0]?.state === 'up');
    expect(runtime.status()).toMatchObject({
      pid: process.pid,
      receiverUrl: `http://127.0.0.1:${runtime.port}`,
      tunnel: { state: 'off', url: null },
      ack: 'app',
      verification: { secret: true, svix: false, reject: true },
      deliveries: 0,
      expectedJobs: [],
      banner: [],
      storeProblem: null,
    });
  });

  test('listens on IPv6 as well, when told to', async () => {
    const runtime = await start({ host: '::1' });
    expect(runtime.status().receiverUrl).toBe(`http://[::1]:${runtime.port}`);
    expect((await fetch(runtime.status().receiverUrl, { method: 'POST' })).status).toBe(200);
  });

  test('keeps no more deliveries than it was told', async () => {
    const runtime = await start({ keep: 3 });
    for (let i = 0; i < 8; i++) await post(runtime.port);
    const { deliveries } = await waitFor(async () => {
      const page = await runtime.run('list', {});
      return page.deliveries.length === 3 && page;
    });
    expect(deliveries.map(({ seq }) => seq)).toEqual([8, 7, 6]);
  });

  test('clears the history and goes on counting', async () => {
    const runtime = await start();
    await post(runtime.port);
    await post(runtime.port);
    expect(await runtime.run('clear', {})).toMatchObject({ removed: 2 });
    expect(await runtime.run('list', {})).toEqual({ deliveries: [] });
    await post(runtime.port);
    expect((await runtime.run('list', {})).deliveries.map(({ seq }) => seq)).toEqual([3]);
  });

  test.each<[Partial<RuntimeConfig>, RegExp]>([
    [{ host: '203.0.113.1' }, /Can't listen on 203\.0\.113\.1.*--host/],
    [{ host: 'no-such-host.invalid' }, /Can't listen on no-such-host\.invalid.*--host/],
  ])('that can not start says why, and can start right after: %j', async (config, message) => {
    const dataDir = tempDir();
    await expect(start({ ...config, dataDir })).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(message),
    });
    await start({ dataDir });
  });
});

test('the subdomain is made once for a data directory, and fit for a URL', () => {
  const [one, other] = [tempDir(), tempDir()];
  const name = stableSubdomain(one);
  expect(name).toMatch(/^reducto-[a-z0-9]{10}$/);
  expect(stableSubdomain(one)).toBe(name);
  expect(stableSubdomain(other)).not.toBe(name);
});
