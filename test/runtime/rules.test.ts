import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { parseRule } from '../../src/core/rules/kinds.ts';
import type { Rule, RuleKind } from '../../src/core/rules/rule.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { resolveSettings } from '../../src/runtime/settings.ts';
import { post } from '../receiver/raw-client.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { runCli, startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';
import { start } from './start.ts';

const rules = (...given: [kind: RuleKind, text: string][]): Rule[] =>
  given.map(([kind, text]) => parseRule({ kind, text }));

const payload = (status: string, metadata: unknown = null): string =>
  JSON.stringify({ status, job_id: 'j1', metadata });

const matched = (runtime: Runtime): number[] => runtime.status().rules.map((rule) => rule.matched);

describe('a route', () => {
  test('takes what it matches from the endpoints; several get it all, the first one answers', async () => {
    const [plain, one, two] = [
      await startApp(),
      await startApp({ status: 201 }),
      await startApp({ status: 202 }),
    ];
    const runtime = await start({
      endpoints: [parseEndpoint(plain.url)],
      rules: rules(
        ['route', `status:failed → ${one.url}/failed`],
        ['route', `metadata.user:"a -> b" -> ${two.url}`],
        ['route', `status:failed -> ${one.url}/failed`],
      ),
    });
    expect((await post(runtime.port, payload('Completed'))).status).toBe(200);
    expect((await post(runtime.port, payload('Failed'))).status).toBe(201);
    expect((await post(runtime.port, payload('Completed', { user: 'a -> b' }))).status).toBe(202);
    expect((await post(runtime.port, payload('Failed', { user: 'a -> b' }))).status).toBe(201);
    await two.received(2);
    expect([plain, one, two].map(({ requests }) => requests.length)).toEqual([1, 2, 2]);
    expect(one.requests[0]!.url).toBe('/failed');
    expect(matched(runtime)).toEqual([2, 2, 2]);
    expect(runtime.status().endpoints.map(({ name }) => name)).toEqual([
      plain.url,
      `${one.url}/failed`,
      two.url,
      `${one.url}/failed`,
    ]);
  });

  test('holds for replays and what is triggered, and for no replay with a target of its own', async () => {
    const [app, failed, other] = [await startApp(), await startApp(), await startApp()];
    const runtime = await start({
      endpoints: [parseEndpoint(app.url)],
      rules: rules(['route', `status:failed → ${failed.url}`]),
    });
    await runtime.run('trigger', { event: 'parse.failed' });
    await runtime.run('replay', { id: 'last' });
    await runtime.run('replay', { id: 'last', to: other.url });
    await runtime.run('trigger', { event: 'parse.completed' });
    expect([app, failed, other].map(({ requests }) => requests.length)).toEqual([1, 2, 1]);
    const { text } = await runtime.run('export', { id: '1', format: 'curl' });
    expect(text).toContain(failed.url);
  });

  test('is enough: what it does not match is kept and answered', async () => {
    const app = await startApp({ status: 204 });
    const runtime = await start({ rules: rules(['route', `path:/a* → ${app.url}`]) });
    expect(runtime.status().ack).toBe('app');
    expect((await post(runtime.port, '{}', { target: '/a1' })).status).toBe(204);
    expect((await post(runtime.port, '{}', { target: '/b' })).status).toBe(200);
    expect(app.requests).toHaveLength(1);
    await expect(runtime.run('replay', { id: '2' })).rejects.toMatchObject({ code: 'no-endpoint' });
  });

  test.each(['route', 'endpoint'])('to the tool itself is refused, as a(n) %s', async (way) => {
    const free = await start();
    const { port } = free;
    await free.close();
    const own = `http://127.0.0.1:${port}`;
    await expect(
      start({
        port,
        ...(way === 'route'
          ? { rules: rules(['route', `→ ${own}/x`]) }
          : { endpoints: [parseEndpoint(own)] }),
      }),
    ).rejects.toMatchObject({ code: 'loop', exitCode: 2, message: expect.stringMatching(/own receiver/) });
  });
});

describe('a forward filter', () => {
  test('keeps what it does not match from the app, answered and with the reason', async () => {
    const app = await startApp({ status: 204 });
    const runtime = await start({
      endpoints: [parseEndpoint(app.url)],
      rules: rules(['forward-filter', 'status:completed'], ['route', `status:failed → ${app.url}`]),
    });
    expect((await post(runtime.port, payload('Completed'))).status).toBe(204);
    expect((await post(runtime.port, payload('Failed'))).status).toBe(200);
    const kept = await waitFor(() => runtime.summary(2)?.acknowledgement && runtime.summary(2));
    expect(kept).toMatchObject({
      attempts: 0,
      acknowledgement: {
        status: 200,
        by: 'tool',
        note: expect.stringMatching(/--forward-filter status:completed/),
      },
    });
    expect(matched(runtime)).toEqual([1, 0]);
    // Who replays it wants it sent.
    await runtime.run('replay', { id: '2' });
    expect(app.requests).toHaveLength(2);
  });
});

test('flags of all kinds make one list, behind that of the config file; a second terminal sees it and its counts', async () => {
  const app = await startApp();
  const dataDir = tempDir();
  const content = { rules: [{ route: `status:failed → ${app.url}` }] };
  writeFileSync(join(dataDir, 'reducto-webhook-dev.config.json'), JSON.stringify(content));
  const flags = [
    '--forward-filter',
    'job:j*',
    '--route',
    `job:jx -> ${app.url}/x`,
    '--forward-filter',
    'size:>1',
  ];
  const cli = startCli(flags, { dataDir });
  const { receiverUrl, rules } = await cli.ready;
  expect(rules).toEqual([
    { kind: 'route', text: `status:failed → ${app.url}` },
    { kind: 'forward-filter', text: 'job:j*' },
    { kind: 'route', text: `job:jx -> ${app.url}/x` },
    { kind: 'forward-filter', text: 'size:>1' },
  ]);
  await fetch(receiverUrl, { method: 'POST', body: payload('Failed') });
  expect(app.requests).toHaveLength(1);
  const { stdout } = await runCli(['rules', '--data', dataDir], { dataDir });
  expect(stdout.split('\n').map((line) => /\((\d) matched\)/.exec(line)?.[1])).toEqual([
    '1',
    '1',
    '0',
    '1',
    undefined,
  ]);
  await cli.stop();
});

test('the rules of the config file come before those of the command line', () => {
  const content = { rules: [{ route: 'status:failed → 3001' }] };
  const { rules } = resolveSettings(
    { rules: [{ 'forward-filter': 'job:a*' }] },
    {},
    { content, path: '/x/c.json' },
  );
  expect(rules).toMatchObject([
    { kind: 'route', text: 'status:failed → 3001', endpoint: { name: 'http://localhost:3001' } },
    { kind: 'forward-filter', text: 'job:a*' },
  ]);
});

test.each([
  [[{ nonsense: 'x' }], /rules: each rule is an object with one key of route/],
  [[{ route: 'a → 1', 'forward-filter': 'b' }], /one key of route/],
  ['x', /write a list of rules/],
  [[{ route: 'size:x → 1' }], /route "size:x → 1": "size" is a number/],
])('rules in the config file that are none are refused: %j', (rules, message) => {
  const read = () => resolveSettings({}, {}, { content: { rules }, path: '/x/c.json' });
  expect(read).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }));
});
