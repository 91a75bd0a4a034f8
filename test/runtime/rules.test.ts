import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { AttemptError, AttemptResponse, Delivery } from '../../src/core/delivery.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { systemClock } from '../../src/core/ids.ts';
import { maskText } from '../../src/core/mask.ts';
import { parseRule } from '../../src/core/rules/kinds.ts';
import type { Rule, RuleKind } from '../../src/core/rules/rule.ts';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { Rules } from '../../src/dispatch/rules.ts';
import { RuleCommands } from '../../src/runtime/rule-commands.ts';
import { filesIn } from '../../src/runtime/rule-settings.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { resolveSettings } from '../../src/runtime/settings.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { post } from '../receiver/raw-client.ts';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { callCli, runCli, startCli } from '../support/cli.ts';
import { newDelivery } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';
import { start } from './start.ts';

const run = promisify(execFile);

const rules = (...given: [kind: RuleKind, text: string][]): Rule[] =>
  given.map(([kind, text]) => parseRule({ kind, text }, filesIn('.')));

const payload = (status: string, metadata: unknown = null): string =>
  JSON.stringify({ status, job_id: 'j1', metadata });

const matched = (runtime: Runtime): number[] => runtime.status().rules.map((rule) => rule.matched);

/** It is noted a little after the sender has its answer. */
const acknowledged = (runtime: Runtime, seq: number) =>
  waitFor(() => runtime.summary(seq)?.acknowledgement, { what: 'an acknowledgement' });

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
    '--header',
    'authorization: Bearer abcdef0123456789',
  ];
  const cli = startCli(flags, { dataDir });
  const { receiverUrl, rules } = await cli.ready;
  expect(rules).toEqual([
    { kind: 'route', text: `status:failed → ${app.url}` },
    { kind: 'forward-filter', text: 'job:j*' },
    { kind: 'route', text: `job:jx -> ${app.url}/x` },
    { kind: 'forward-filter', text: 'size:>1' },
    { kind: 'header', text: expect.not.stringContaining('abcdef') },
  ]);
  // What every user of the machine sees of the process.
  const { stdout: line } = await run('ps', ['-o', 'args=', '-p', String(cli.pid)]);
  expect(line).toContain('--header ***');
  await fetch(receiverUrl, { method: 'POST', body: payload('Failed') });
  expect(app.requests).toHaveLength(1);
  const { stdout } = await callCli(['rules', '--data', dataDir], { dataDir });
  expect(stdout.split('\n').map((line) => /\((\d) matched\)/.exec(line)?.[1])).toEqual([
    '1',
    '1',
    '0',
    '1',
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

describe('headers of what goes to the app', () => {
  test('are set and taken away, of forwards and replays, in the order of the rules; secrets are masked', async () => {
    const app = await startApp();
    const runtime = await start({
      endpoints: [parseEndpoint(app.url)],
      rules: rules(
        ['header', 'X-Env: one'],
        ['header', 'x-env: Grüße'],
        ['header', 'authorization: Bearer abcdef0123456789'],
        ['drop-header', 'User-Agent'],
        ['drop-header', 'x-forwarded-for'],
      ),
    });
    await post(runtime.port, '{}', {
      headers: ['User-Agent: s', 'x-env: zero', 'Connection: x-env, authorization'],
    });
    await runtime.run('replay', { id: 'last' });
    for (const { headers, header } of app.requests) {
      expect(headers.filter(([name]) => /^x-env$/i.test(name))).toHaveLength(1);
      expect(Buffer.from(header('x-env')!, 'latin1').toString()).toBe('Grüße');
      expect([header('authorization'), header('user-agent'), header('x-forwarded-for')]).toEqual([
        'Bearer abcdef0123456789',
        undefined,
        undefined,
      ]);
    }
    expect(app.requests).toHaveLength(2);
    expect(matched(runtime)).toEqual([1, 1, 1, 1, 1]);
    expect(JSON.stringify(runtime.status().rules)).not.toContain('abcdef');
  });
});

test('the value of a header can be in a file, which is all that is shown of it', () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'token.txt'), 'Bearer abcdef0123456789\n');
  const text = 'authorization: @token.txt';
  const rule = parseRule({ kind: 'header', text }, filesIn(dir));
  expect(rule).toMatchObject({ edit: { name: 'authorization', value: 'Bearer abcdef0123456789' } });
  expect(new Rules([rule]).statuses).toEqual([{ kind: 'header', text, matched: 0 }]);
});

describe('a fixed answer', () => {
  test('is given exactly as it is said, and keeps what it answers from the app', async () => {
    const app = await startApp({ status: 201 });
    const [body, file] = [Buffer.from([0, 255, 10, 13, 10, 13, 10]), join(tempDir(), 'answer.http')];
    writeFileSync(file, Buffer.concat([Buffer.from('HTTP/1.1 418 Short\r\nX-A: 1\r\nx-a: 2\r\n\r\n'), body]));
    const runtime = await start({
      endpoints: [parseEndpoint(app.url)],
      ack: 'now',
      rules: rules(
        ['answer', 'path:/hook → 202 application/json {"ok": true}'],
        ['answer', `path:/whole -> @${file}`],
        ['answer', 'path:/empty → 204'],
        ['answer', `path:/bytes → 200 image/x; a=b @${file}`],
        ['answer', 'path:/text → 503 try later'],
      ),
    });
    const ask = async (target: string) => {
      const answer = await post(runtime.port, '{}', { target });
      return [answer.status, answer.header('content-type'), answer.body.toString()];
    };
    expect(await ask('/hook')).toEqual([202, 'application/json', '{"ok": true}']);
    expect(await ask('/empty')).toEqual([204, undefined, '']);
    expect(await ask('/bytes')).toEqual([200, 'image/x; a=b', readFileSync(file, 'utf8')]);
    expect(await ask('/text')).toEqual([503, 'text/plain; charset=utf-8', 'try later']);
    const whole = await post(runtime.port, '{}', { target: '/whole' });
    expect([whole.status, whole.headers.filter(([name]) => /^x-a$/i.test(name)), whole.body]).toEqual([
      418,
      [
        ['X-A', '1'],
        ['x-a', '2'],
      ],
      body,
    ]);
    expect(app.requests).toEqual([]);
    expect(await acknowledged(runtime, 1)).toMatchObject({
      status: 202,
      by: 'tool',
      note: '--answer for path:/hook',
    });
    expect((await post(runtime.port, '{}', { target: '/other' })).status).toBe(200);
    await app.received(1);
  });

  test.each([[true], [false]])(
    'and a route for the same: the first in the list wins (the answer: %s)',
    async (first) => {
      const app = await startApp({ status: 201 });
      const answer = ['answer', '→ 202'] as [RuleKind, string];
      const route = ['route', `path:/a → ${app.url}`] as [RuleKind, string];
      const runtime = await start({ rules: rules(...(first ? [answer, route] : [route, answer])) });
      expect((await post(runtime.port, '{}', { target: '/a' })).status).toBe(first ? 202 : 201);
      expect((await post(runtime.port, '{}', { target: '/b' })).status).toBe(202);
    },
  );
});

test.each<[RuleKind, string, RegExp]>([
  ['header', 'x-env', /is not NAME:VALUE/],
  ['header', 'x-env:', /--drop-header/],
  ['header', 'x-env: a\r\nx-other: b', /control characters/],
  ['header', 'x env: a', /not a header name/],
  ['header', 'content-length: 3', /can't be set/],
  ['header', 'authorization: @/no/such/file', /\/no\/such\/file can't be read/],
  ['header', 'Transfer-Encoding: chunked', /can't be set/],
  ['drop-header', 'host', /can't be set/],
  ['drop-header', 'a\nb', /not a header name/],
  ['answer', '202', /write FILTER →/],
  ['answer', '→ nonsense', /an answer is STATUS/],
  ['answer', '→ 99', /no status from 200 to 599/],
  ['answer', '→ 204 text/plain x', /has no body/],
  ['answer', '→ @/no/such/file', /\/no\/such\/file/],
  ['transform', '/no/such/file.mjs', /transform "\/no.* can't be read/],
  ['exec', ' ', /write a command/],
  ['route', '→ ftp://x', /not a port or an http/],
  ['route', 'status:failed →', /write FILTER → URL/],
])('%s %j is refused', (kind, text, message) => {
  expect(() => resolveSettings({ rules: [{ [kind]: text }] }, {}, null)).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }),
  );
});

test.each([
  ['HTTP/1.1 202\ncontent-length: 1\n\nx', /content-length can't be set/],
  ['HTTP/1.1 202\nx\n\nx', /"x" in its file is no header/],
  ['{}', /does not begin with a status/],
])('a file of an answer that is none is refused: %j', (content, message) => {
  const dir = tempDir();
  writeFileSync(join(dir, 'a.http'), content);
  const file = { content: { rules: [{ answer: '→ @a.http' }] }, path: join(dir, 'c.json') };
  expect(() => resolveSettings({}, {}, file)).toThrow(message);
});

describe('a command for each delivery', () => {
  const ran = (runtime: Runtime, seq: number, count = 1) =>
    waitFor(async () => {
      const { attempts } = await runtime.run('show', { id: String(seq), secrets: true });
      const ended = attempts.filter(({ reason, outcome }) => reason === 'exec' && outcome.kind !== 'pending');
      return ended.length === count && ended;
    });

  test('gets the body and what is known of it, and no shell reads any of that; its output stays', async () => {
    const app = await startApp({ status: 503 });
    const dataDir = tempDir();
    const script = `${JSON.stringify(process.execPath)} -e ${'\'process.stdin.pipe(process.stdout); for (const name of Object.keys(process.env).sort()) if (name.startsWith("RWD_")) console.error(name, JSON.stringify(process.env[name]))\''}`;
    const given = {
      dataDir,
      endpoints: [parseEndpoint(app.url)],
      rules: rules(['exec', script], ['exec', 'cat >&2; exit 3']),
    };
    const runtime = await start(given);
    const body = JSON.stringify({
      status: 'Failed',
      job_id: '$(touch x)`touch y`\0"\'',
      metadata: { a: '; touch z' },
    });
    await post(runtime.port, body, { target: '/hook?$(touch%20q)' });
    const both = await ran(runtime, 1, 2);
    const [first, second] = [
      both.find(({ endpoint }) => endpoint === script)!,
      both.find(({ endpoint }) => endpoint !== script)!,
    ];
    expect(first).toMatchObject({ notes: ['exit code 0'], outcome: { kind: 'response', status: 200 } });
    const output = first.outcome.kind === 'response' ? first.outcome.body.data : '';
    for (const part of [
      body,
      'RWD_JOB_ID "$(touch x)`touch y`\\"\'"',
      'RWD_METADATA "{\\"a\\":\\"; touch z\\"}"',
      'RWD_PATH "/hook?$(touch%20q)"',
      'RWD_SEQUENCE "1"',
      'RWD_STATUS "Failed"',
    ])
      expect(output).toContain(part);
    expect(second).toMatchObject({ notes: ['exit code 3'], outcome: { status: 500, body: { data: body } } });
    // What became of the delivery is what the app said.
    await acknowledged(runtime, 1);
    expect(
      await waitFor(() => runtime.summary(1)!.lastAttempt?.status === 503 && runtime.summary(1)),
    ).toMatchObject({
      attempts: 1,
      lastAttempt: { label: '503' },
      acknowledgement: { status: 503 },
    });
    expect(matched(runtime)).toEqual([1, 1]);
    await runtime.close();
    const again = await start({ ...given, rules: [] });
    expect(await ran(again, 1, 2)).toEqual(both);
  });

  test('that prints without end, does not end, or finds too many before it, harms nothing', async () => {
    const store = openStore(tempDir());
    onCleanup(() => store.close());
    const started = (command: string, limits?: { patienceMs: number; mostWaiting: number }): RuleCommands => {
      const commands = new RuleCommands(store, new Rules(rules(['exec', command])), limits);
      onCleanup(() => commands.close());
      return commands;
    };
    const ended = (deliveries: readonly Delivery[]) =>
      waitFor(() => {
        const all = deliveries.flatMap(({ seq }) => store.attempts(seq));
        return (
          all.length === deliveries.length && all.every(({ outcome }) => outcome.kind !== 'pending') && all
        );
      });
    const add = (count: number) =>
      Promise.all(Array.from({ length: count }, () => store.addDelivery(newDelivery('{}'))));

    const one = await add(1);
    started('head -c 300000 /dev/zero').take(one[0]!);
    const [long] = await ended(one);
    expect(long!.outcome).toMatchObject({ status: 200, bodySize: 300_000 });
    expect((long!.outcome as AttemptResponse).body).toHaveLength(64 * 1024);

    const many = await add(9);
    const commands = started('sleep 600 & sleep 600', { patienceMs: 300, mostWaiting: 3 });
    for (const delivery of many) commands.take(delivery);
    const words = (await ended(many)).map(
      ({ notes, outcome }) => notes[0] ?? (outcome as AttemptError).message,
    );
    expect(words).toEqual([
      ...Array(7).fill('ended after 300 ms: a command has no more time'),
      ...Array(2).fill('not run: 3 commands wait already'),
    ]);
  });

  test('runs for what is triggered without a listen, which waits for it', async () => {
    const [app, dataDir] = [await startApp(), tempDir()];
    const content = { rules: [{ exec: 'sleep 0.2; cat > got' }, { exec: 'exit 3' }] };
    writeFileSync(join(dataDir, 'reducto-webhook-dev.config.json'), JSON.stringify(content));
    expect(await runCli(['trigger', '--body', '{"a":1}', '--to', app.url], { dataDir })).toMatchObject({
      code: 0,
    });
    expect(readFileSync(join(dataDir, 'got'), 'utf8')).toBe('{"a":1}');
    const store = openStore(dataDir, { readOnly: true });
    onCleanup(() => store.close());
    expect(store.attempts(1).map(({ reason, notes }) => [reason, ...notes])).toEqual(
      expect.arrayContaining([['forward'], ['exec', 'exit code 0'], ['exec', 'exit code 3']]),
    );
  });

  test('ends with the tool; what waits is told as not run', async () => {
    const dataDir = tempDir();
    const runtime = await start({ dataDir, rules: rules(['exec', 'sleep 600']) });
    for (let i = 0; i < 6; i++) await post(runtime.port, '{}');
    await runtime.close();
    const store = openStore(dataDir, { readOnly: true });
    onCleanup(() => store.close());
    const outcomes = [1, 2, 3, 4, 5, 6].flatMap((seq) =>
      store.attempts(seq).map(({ notes, outcome }) => notes[0] ?? (outcome as AttemptError).message),
    );
    expect(outcomes).toEqual([
      ...Array(4).fill('ended by SIGKILL'),
      ...Array(2).fill('not run: the tool was stopped'),
    ]);
  });
});

describe('a script', () => {
  const write = (code: string, file = join(tempDir(), 'webhook.mjs')): string => {
    writeFileSync(file, code);
    return file;
  };
  const signed = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

  test('changes what goes to the app and what the sender gets; what it changed is shown; it signs anew', async () => {
    const app = await startApp({ status: 200, headers: [['x-app', 'yes']], body: 'from the app' });
    const runtime = await start({
      endpoints: [parseEndpoint(app.url)],
      svixSecret: signed,
      rules: rules([
        'transform',
        write(`
          export async function request(req, ctx) {
            const body = JSON.parse(req.body);
            req.body = JSON.stringify({ ...body, from: [ctx.sequence, ctx.reason, ctx.path] });
            req.headers.push(['x-added', 'a'], ['content-length', '3'], ['host', 'evil']);
          }
          export const answer = (res) => ({ status: 202, headers: [...res.headers, ['x-more', '1'], ['connection', 'x']], body: res.body + '!' });`),
      ]),
    });
    await runtime.run('trigger', { event: 'parse.completed', svix: true });
    const { attempts } = await runtime.run('show', { id: '1', secrets: true });
    expect(attempts[0]).toMatchObject({
      notes: ['signed anew'],
      difference: expect.stringContaining('from'),
    });
    const answer = await post(runtime.port, '{"a":1}', { target: '/hook' });
    expect([answer.status, answer.header('x-app'), answer.header('x-more'), answer.body.toString()]).toEqual([
      202,
      'yes',
      '1',
      'from the app!',
    ]);
    expect(JSON.parse(app.requests[1]!.body.toString())).toEqual({ a: 1, from: [2, 'forward', '/hook'] });
    expect(app.requests[1]!.header('x-added')).toBe('a');
    expect(app.requests[1]!.header('host')).toBe(`127.0.0.1:${app.port}`);
    expect(app.requests[1]!.headers.filter(([name]) => name.toLowerCase() === 'content-length')).toHaveLength(
      1,
    );
    expect(await acknowledged(runtime, 2)).toMatchObject({
      status: 202,
      note: 'changed by --transform webhook.mjs',
    });
    expect(matched(runtime)).toEqual([2]);
  });

  test.each([
    ['throws', 'throw new Error("no\\nluck")', /no\nluck/],
    ['does not come to an end', 'for (;;);', /had not ended after 2\.0 s/],
    ['never answers', 'return new Promise(() => {})', /had not ended after 2\.0 s/],
    ['ends its process', 'process.exit(3)', /its thread has ended/],
    ['gives nonsense', 'return { headers: [["a b", 1]], body: 5 }', /no message: headers/],
    ['leads to no path', 'return { headers: [], body: "", path: "/a b" }', /no message: path is no path/],
  ])('that %s loses nothing: all goes on as it was, and that is told', async (_what, code, why) => {
    const app = await startApp({ status: 201 });
    const store = openStore(tempDir());
    const file = write(`export const request = () => { ${code} };`);
    const dispatcher = new Dispatcher({
      store,
      endpoints: [parseEndpoint(app.url)],
      timeoutMs: 20_000,
      clock: systemClock,
      signingKey: null,
      rules: new Rules(
        rules(['transform', file]),
        undefined,
        why.source.includes('ended after') ? 2000 : 20_000,
      ),
    });
    onCleanup(() => store.close());
    onCleanup(() => dispatcher.close());
    const delivery = await store.addDelivery(newDelivery('{"as":"it was"}'));
    const sent = await dispatcher.send(delivery, 'replay');
    expect(sent[0]!.outcome).toMatchObject({ status: 201 });
    expect(app.requests[0]!.body.toString()).toBe('{"as":"it was"}');
    expect(sent[0]!.attempt.notes[0]).toMatch(/^--transform webhook.mjs failed, sent as it was: /);
    expect(sent[0]!.attempt.notes[0]).toMatch(why);
  });

  test('sends by another method to another path; what it prints stands with what it was called for', async () => {
    const app = await startApp();
    const script = write(`
      console.log('loaded');
      export async function request(req) {
        await null;
        console.log('to', req.method, req.path);
        console.error('two\\n{"secret":"s3cret"}');
        for (let i = 0; i < 100_000; i++) console.log('much');
        return { ...req, method: 'PUT', path: '/v2?token=s3cret' };
      }
      export const answer = (res) => console.log('from', res.status);`);
    const runtime = await start({
      endpoints: [parseEndpoint(`${app.url}/hook`)],
      rules: rules(['transform', script]),
    });
    await post(runtime.port, '{}', { target: '/in' });
    expect(app.requests).toMatchObject([{ method: 'PUT', url: '/v2?token=s3cret' }]);
    const { attempts } = await runtime.run('show', { id: '1' });
    expect(attempts[0]).toMatchObject({
      request: { method: 'PUT', url: `${app.url}/v2?token=${maskText}` },
      notes: [
        ...['loaded', 'to POST /hook', 'two', `{"secret":"${maskText}"}`, ...Array(16).fill('much')].map(
          (line) => `webhook.mjs: ${line}`,
        ),
        `PUT /v2?token=${maskText}, by --transform webhook.mjs`,
      ],
    });
    expect(await acknowledged(runtime, 1)).toMatchObject({ note: 'webhook.mjs: from 200' });
  });

  test('is loaded anew when its file changes, also after an error in it; one that is gone is told', async () => {
    const app = await startApp();
    const file = write('export const request = (req) => ({ ...req, body: "one" });');
    const runtime = await start({ endpoints: [parseEndpoint(app.url)], rules: rules(['transform', file]) });
    const notes = async () => {
      await post(runtime.port, 'as it was');
      const { attempts } = await runtime.run('show', { id: 'last' });
      return [app.requests.at(-1)!.body.toString(), attempts[0]!.notes.join()];
    };
    expect(await notes()).toEqual(['one', '']);
    write('this is no JavaScript', file);
    expect(await notes()).toEqual(['as it was', expect.stringMatching(/failed, sent as it was: /)]);
    write('export const request = (req) => ({ ...req, body: "three" });', file);
    expect(await notes()).toEqual(['three', '']);
    rmSync(file);
    expect(await notes()).toEqual(['as it was', expect.stringMatching(/ENOENT/)]);
  });
});
