import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { withOffline } from '../../src/runtime/offline.ts';
import { post } from '../receiver/raw-client.ts';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { backTo, busyWith } from '../support/leaks.ts';
import { startLocaltunnelServer } from '../support/localtunnel-server.ts';
import { waitFor } from '../support/wait.ts';
import { start } from './start.ts';

/** Listeners on the process itself, which outlive every resource. */
const processListeners = (): number =>
  process.eventNames().reduce((sum, name) => sum + process.listenerCount(name as 'exit'), 0);

describe('a tool that is closed has nothing open', () => {
  test('with tunnel and emulator, senders that wait, idle connections and work under way', async () => {
    const [server, app] = [await startLocaltunnelServer(), await startApp('hang')];
    const [before, listeners] = [busyWith(), processListeners()];
    const runtime = await start({
      ...{
        endpoints: [parseEndpoint(app.url)],
        tunnel: { order: ['localtunnel'], settings: { host: server.url } },
      },
      emulator: { port: 0, settings: { jobTime: '1h' } },
    });
    const end = runtime.subscribe(() => undefined);
    await waitFor(() => runtime.status().tunnel.state === 'open');
    const waiting = post(runtime.port).catch(() => undefined); // its sender is let go
    await app.received(1);
    const idle = connect(runtime.port, '127.0.0.1');
    onCleanup(() => idle.destroy());
    await once(idle, 'connect');
    const work = runtime.run('retry', { id: '1', schedule: '1h,1h' });
    await app.received(2);
    end();
    await runtime.close();
    expect(await work).toMatchObject({ cancelled: true });
    await waiting;
    await backTo(before);
    expect(processListeners()).toBe(listeners);
  });

  test('also one that could not start, whatever it had opened by then', async () => {
    const before = busyWith();
    const taken = await start();
    const alone = busyWith();
    for (const config of [
      { port: taken.port },
      { emulator: { port: taken.port, settings: {} } },
      { emulator: { port: 0, settings: { jobTime: 'nonsense' } } },
      {
        tunnel: {
          order: ['localtunnel' as const],
          settings: { host: 'http://127.0.0.1:1', subdomain: 'No!' },
        },
      },
    ])
      await expect(start(config)).rejects.toMatchObject({ name: 'UserError' });
    await backTo(alone);
    await taken.close();
    await backTo(before);
  });
});

test('a data directory that was opened for a command has nothing open, also where that fails', async () => {
  const [before, listeners] = [busyWith(), processListeners()];
  const [dataDir, settings] = [tempDir(), { endpoints: [], svixSecret: undefined, timeoutMs: 1000 }];
  for (let i = 0; i < 5; i++) {
    await withOffline(dataDir, settings, (session) => session.run('list', {}));
    const failing = withOffline(dataDir, settings, (session) => session.run('show', { id: 'last' }));
    await expect(failing).rejects.toMatchObject({ code: 'no-delivery' });
  }
  await backTo(before);
  expect(processListeners()).toBe(listeners);
});
