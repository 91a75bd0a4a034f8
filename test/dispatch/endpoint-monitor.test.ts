import { expect, test } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { EndpointMonitor } from '../../src/dispatch/endpoint-monitor.ts';
import { startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';
import { freePort } from '../support/flask.ts';
import { waitFor } from '../support/wait.ts';

test('an endpoint is seen to go down and to come up again', async () => {
  const app = await startApp();
  const seen: string[] = [];
  const monitor: EndpointMonitor = new EndpointMonitor(
    [parseEndpoint(app.url)],
    () => seen.push(monitor.statuses[0]!.state),
    20,
  );
  onCleanup(() => monitor.close());
  expect(monitor.statuses).toEqual([{ name: app.url, state: 'unknown', reason: null }]);
  await monitor.start();
  await waitFor(() => seen.at(-1) === 'up');
  await app.close();
  await waitFor(() => seen.at(-1) === 'down');
  expect(monitor.statuses[0]!.reason).toBe('ECONNREFUSED');
  await startApp({}, app.port);
  await waitFor(() => seen.at(-1) === 'up');
  expect(seen).toEqual(['up', 'down', 'up']);
});

test('several endpoints are told apart, and the app sees no request', async () => {
  const app = await startApp();
  const down = `http://localhost:${await freePort()}`;
  let changes = 0;
  const monitor = new EndpointMonitor([parseEndpoint(app.url), parseEndpoint(down)], () => {
    changes += 1;
  });
  onCleanup(() => monitor.close());
  await monitor.start();
  expect(monitor.statuses).toEqual([
    { name: app.url, state: 'up', reason: null },
    { name: down, state: 'down', reason: 'ECONNREFUSED' },
  ]);
  expect(changes).toBe(2);
  expect(app.requests).toEqual([]);
});
