import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WorkStatus } from '../../src/core/session.ts';
import { follow } from '../../src/inspector/follow.ts';
import { type LockOwner, readLock } from '../../src/inspector/lock.ts';
import type { OpenApi, Operation } from '../../src/inspector/openapi/document.ts';
import { reading } from '../../src/inspector/rest.ts';
import { type CommandId, commands } from '../../src/runtime/commands/index.ts';
import { idempotent, notIdempotent, startHandler } from '../checks/handler.ts';
import { type App, startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { type RunningCli, startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';

// What the document promises is what a running tool answers, on every path of it.

let tool: RunningCli;
let app: App;
let owner: LockOwner;
let document: OpenApi;
let ajv: Ajv2020;
/** Operations that were answered as they are to be. */
const seen = new Set<string>();

beforeAll(async () => {
  app = await startApp({ status: 200, headers: [['content-type', 'application/json']], body: '{"ok":true}' });
  tool = startCli([`${app.url}/hook`, '--emulate', '--job-time', '1h', '--secret', 's3cret']);
  await tool.ready;
  owner = readLock(tool.dataDir)!;
  document = (await (await call('GET', '/api/openapi.json')).json()) as OpenApi;
  // Strict: a keyword that is none, or that does nothing where it stands, is an error.
  ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  ajv.addVocabulary(['components']);
  ajv.addSchema({ $id: 'https://tool/', components: { schemas: document.components.schemas } });
});

const call = (method: string, path: string, args?: unknown, headers: Record<string, string> = {}) =>
  fetch(new URL(path, owner.apiUrl), {
    method,
    headers: { authorization: `Bearer ${owner.token}`, ...headers },
    ...(args === undefined ? {} : { body: typeof args === 'string' ? args : JSON.stringify(args) }),
  });

function expectComponent(name: string, value: unknown): void {
  const validate = ajv.getSchema(`https://tool/#/components/schemas/${name}`)!;
  expect([name, validate(value), validate.errors ?? []]).toEqual([name, true, []]);
}

/** The operation that a request is one of, by its path in the document. */
function operationOf(method: string, path: string): { template: string; operation: Operation } {
  const [bare] = path.split('?');
  const fits = (template: string): boolean =>
    new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(bare!);
  const template = Object.keys(document.paths).find(fits);
  const operation = template && document.paths[template]![method.toLowerCase() as 'get' | 'post'];
  if (!operation) throw new Error(`The document has no ${method} ${path}`);
  return { template: template!, operation };
}

interface Described {
  $ref?: string;
  content?: Record<string, { schema?: object }>;
}

/** Asks, and holds the answer against what the document says of this operation and status. */
async function ask(method: 'GET' | 'POST', path: string, args?: unknown, status = 200): Promise<unknown> {
  const { template, operation } = operationOf(method, path);
  const response = await call(method, path, args);
  const told = await response.text();
  expect([method, path, response.status, status === 200 ? '' : told]).toEqual([
    method,
    path,
    status,
    expect.anything(),
  ]);
  let described = operation.responses[status] as Described | undefined;
  expect([path, status, described]).toEqual([path, status, expect.anything()]);
  const component = described!.$ref?.replace('#/components/responses/', '');
  if (component !== undefined) described = responses()[component]!;
  const [[type, { schema }]] = Object.entries(described!.content!) as [[string, { schema?: object }]];
  expect(response.headers.get('content-type')).toContain(type);
  if (status === 200) seen.add(`${method} ${template}`);
  if (schema === undefined) return told;
  const value: unknown = JSON.parse(told);
  const validate = ajv.compile(inDocument(schema));
  expect([path, validate(value), validate.errors ?? []]).toEqual([path, true, []]);
  return value;
}

const responses = () =>
  (document.components as unknown as { responses: Record<string, Described> }).responses;

/** A schema with its references as they are from outside the document. */
const inDocument = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"https://tool/#/components')) as object;

/** Runs a command whose arguments the document describes too. */
async function run(id: CommandId, args: object = {}): Promise<unknown> {
  const name = id.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
  expectComponent(`${name}Arguments`, args);
  return ask('POST', `/api/commands/${id}`, args);
}

describe('the document', () => {
  test('is valid OpenAPI 3.1, and each of its schemas valid JSON Schema 2020-12', async () => {
    const { valid, errors } = await new Validator().validate({ ...document });
    expect([valid, errors ?? []]).toEqual([true, []]);
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    for (const name of Object.keys(document.components.schemas))
      expect(ajv.getSchema(`https://tool/#/components/schemas/${name}`)).toBeTypeOf('function');
  });

  test('is for those who have the token, like all else', async () => {
    for (const headers of [{ authorization: 'Bearer wrong' }, { authorization: '' }]) {
      const response = await call('GET', '/api/openapi.json', undefined, headers);
      expect(response.status).toBe(401);
      expectComponent('Error', await response.json());
    }
  });

  test('has every command that is in the help, and every path that is read', () => {
    const shown = (Object.keys(commands) as CommandId[]).filter((id) => !('hidden' in commands[id]));
    const paths = Object.keys(document.paths);
    const ids = paths.flatMap((path) => /^\/api\/commands\/(.*)$/.exec(path)?.[1] ?? []);
    expect(ids).toEqual(shown);
    const router = reading(() => {
      throw new Error('nothing is asked for');
    });
    const read = router.stack.flatMap(({ route }) => (route ? [`/api${route.path}`] : []));
    expect(read.length).toBeGreaterThan(4);
    for (const path of read) expect(paths).toContain(path.replace(/:(\w+)/g, '{$1}'));
  });

  test('says what a program must show: the token, or the cookie of this port', () => {
    const { securitySchemes } = document.components as unknown as { securitySchemes: object };
    const { port } = new URL(owner.apiUrl);
    expect(securitySchemes).toMatchObject({
      token: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: `reducto-webhook-dev-${port}` },
    });
  });
});

describe('what it says is what is answered', () => {
  test('to those who read deliveries, their bodies and those of their attempts', async () => {
    await run('trigger', { event: 'parse.completed', secret: 's3cret', metadata: ['user_id=1'], count: 3 });
    await run('trigger', { event: 'extract.failed' });
    app.answer = { status: 500, headers: [['content-encoding', 'gzip']], body: 'not gzip' };
    const { receiverUrl } = await tool.ready;
    await fetch(`${receiverUrl}/x?token=t`, { method: 'POST', body: new Uint8Array([0, 255, 1]) });
    app.answer = 'reset';
    await fetch(`${receiverUrl}/`, { method: 'POST', body: '{"status":"Completed","job_id":"job-1"}' });
    app.answer = {};
    await fetch(`${receiverUrl}/`, { method: 'GET' });

    const { deliveries } = (await ask('GET', '/api/deliveries?limit=10000&secrets=true')) as {
      deliveries: { seq: number }[];
    };
    expect(deliveries.length).toBeGreaterThanOrEqual(7);
    expect(
      await ask('GET', '/api/deliveries?filter=status:failed&from=oldest&offset=0&limit=1'),
    ).toMatchObject({
      deliveries: [{ status: 'Failed' }],
    });
    for (const { seq } of deliveries) {
      await ask('GET', `/api/deliveries/${seq}`);
      await ask('GET', `/api/deliveries/${seq}?secrets=true`);
      await ask('GET', `/api/deliveries/${seq}/body`);
    }
    expect(await ask('GET', '/api/deliveries/1/attempts/1/body')).toBe('{"ok":true}');
    expect(await ask('GET', '/api/deliveries/1/attempts/1/request-body?secrets=true')).toContain('s3cret');
    expect(await ask('GET', '/api/deliveries/1/attempts/1/request-body')).not.toContain('s3cret');
    const har = '/api/export?format=har&file=x.har&filter=seq:1';
    expect(await ask('GET', har)).not.toContain('s3cret');
    expect(await ask('GET', `${har}&secrets=true`)).toContain('s3cret');
    await ask('GET', '/api/status');
    await ask('GET', '/api/page');
    await ask('GET', '/api/openapi.json');
  });

  test('to those who run commands', async () => {
    await run('list', { limit: 5 });
    await run('show', { id: 'last' });
    await run('filter', { query: 'status:failed' });
    await run('stats', { last: '1h', buckets: 6 });
    await run('replay', { id: ['1'], set: ['metadata.user_id=7'], fault: 'duplicate=2,concurrent' });
    await run('duplicate', { id: '1', count: 2, concurrent: true });
    await run('retry', { id: '1', schedule: 'svix', timeScale: 100_000 });
    await run('faults', { set: 'duplicate=2:1' });
    await run('faults', { set: '' });
    await run('rules', {});
    await run('hold');
    const { receiverUrl } = await tool.ready;
    const held = fetch(receiverUrl, { method: 'POST', body: '{}' });
    await tool.waitFor('delivery', (event) => JSON.stringify(event).includes('"size":2'));
    await run('hold', { off: true });
    await run('release');
    await held;
    await run('work');
    await run('diff', { before: '1', after: '2' });
    await run('export', { format: 'har', id: ['1'] });
    const file = join(tool.dataDir, 'out.ndjson');
    await run('export', { file, filter: 'status:failed' });
    await run('import', { file });
    await run('copy', { what: 'curl', id: '1' });
    await run('expect-job', { id: 'job-9' });
    await run('tunnels');
    await run('reopen-tunnel');
    await run('inspector', { print: true });
    await run('emulated-jobs', { limit: 5 });
    const { jobs } = (await run('emulated-jobs')) as { jobs: { id: string }[] };
    const { emulatorUrl } = await tool.ready;
    const headers = { authorization: 'Bearer k', 'content-type': 'application/json' };
    await fetch(`${emulatorUrl}/job/${jobs[0]!.id}`, { headers });
    const input = JSON.stringify({ input: 'https://example.com/a.pdf' });
    const begun = await fetch(`${emulatorUrl}/parse_async`, { method: 'POST', headers, body: input });
    await run('end-job', { id: ((await begun.json()) as { job_id: string }).job_id, status: 'Failed' });
    await run('emulated-jobs', { id: jobs[0]!.id });
    await run('job', { id: jobs[0]!.id });
    await run('expire-job', { id: jobs[0]!.id });
    await run('emulator-faults', { set: '429:20%' });
    await run('emulator-faults', { set: '' });
    await run('svix-endpoints', { add: app.url, channel: ['a'] });
  });

  test('to those who check a handler, and compare what was found', async () => {
    for (const work of [notIdempotent, idempotent]) {
      const { url, stateUrl } = await startHandler(work);
      await run('check', { url, effectsUrl: [stateUrl], emulatorPort: 0, only: 'duplicate-sequential' });
    }
    const { url, stateUrl } = await startHandler(notIdempotent);
    const file = join(tempDir(), 'x.yaml');
    writeFileSync(file, 'name: x\nsteps: [{ deliver: a, times: 2 }]\n');
    await run('scenario', { files: [file], endpoint: url, effectsUrl: [stateUrl], emulatorPort: 0 });
    await run('check-runs');
    await run('check-run', { id: 3 });
    await run('check-run', { id: 1 });
    await run('check-diff', { before: 1, after: 2 });
  });

  test('to those who cancel or hurry work', async () => {
    const running = run('retry', { id: '1', schedule: '1h,1h', fault: 'lost-ack' });
    const waits = async (): Promise<boolean> => {
      const { work } = (await (await call('POST', '/api/commands/work')).json()) as { work: WorkStatus[] };
      return work.some(({ nextAt }) => nextAt !== null);
    };
    await waitFor(waits);
    await ask('GET', '/api/status');
    await run('skip');
    await run('cancel');
    await running;
  });

  test('to those who follow what happens', async () => {
    const stream = follow(owner, null, AbortSignal.timeout(10_000));
    const first = (await stream.next()).value;
    expectComponent('LiveMessage', first);
    await run('trigger', { event: 'parse.completed' });
    await run('faults', { set: '' });
    const message = (await stream.next()).value as { events: unknown[] };
    expectComponent('LiveMessage', message);
    expect(message.events.length).toBeGreaterThan(0);
    await stream.return(undefined);
  });

  test.each([
    ['GET', '/api/deliveries?limit=many', undefined, 400],
    ['GET', '/api/deliveries/1?secrets=perhaps', undefined, 400],
    ['GET', '/api/deliveries/9999', undefined, 404],
    ['GET', '/api/deliveries/9999/body', undefined, 404],
    ['GET', '/api/deliveries/1/attempts/99/body', undefined, 404],
    ['GET', '/api/deliveries/1/attempts/99/request-body', undefined, 404],
    ['GET', '/api/export?format=pdf', undefined, 400],
    ['GET', '/api/export?id=9999', undefined, 404],
    ['POST', '/api/commands/list', { limit: 'many' }, 400],
    ['POST', '/api/commands/list', '{', 400],
    ['POST', '/api/commands/end-job', { id: 'none' }, 409],
    ['POST', '/api/commands/list', `"${'x'.repeat(21 * 1024 * 1024)}"`, 413],
  ] as const)('to what is wrong: %s %s', async (method, path, args, status) => {
    await ask(method, path, args, status);
  });

  test('to what can be cleared', async () => {
    await run('clear', { id: '1' });
    await run('clear');
  });

  test('on every path', () => {
    const all = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // Which is a WebSocket.
    expect(all.filter((operation) => !seen.has(operation))).toEqual(['GET /api/events']);
  });
});
