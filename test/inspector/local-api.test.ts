import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { RemoteSession } from '../../src/inspector/client.ts';
import { type LockOwner, readLock } from '../../src/inspector/lock.ts';
import { exchange, type RawResponse } from '../receiver/raw-client.ts';
import { type ReadyEvent, type RunningCli, startCli } from '../support/cli.ts';

let cli: RunningCli;
let ready: ReadyEvent;
let owner: LockOwner;
let port: number;

beforeAll(async () => {
  cli = startCli(['--secret', 's3cret']);
  ready = await cli.ready;
  owner = readLock(cli.dataDir)!;
  port = Number(new URL(owner.apiUrl).port);
  await fetch(`${ready.receiverUrl}/a?token=t0k3n`, {
    method: 'POST',
    headers: { authorization: 'Bearer b34rer' },
    body: '{"status":"Completed","job_id":"job-1","metadata":{"secret":"s3cret","user":"u1"}}',
  });
});

interface Call {
  line?: string;
  host?: string;
  token?: string | null;
  headers?: string[];
  body?: string;
}

/** A request to the API, right in everything that `call` does not change. */
function call({ line = 'GET /api/status', host, token = owner.token, headers = [], body = '' }: Call = {}) {
  return exchange(
    port,
    [
      `${line} HTTP/1.1`,
      `Host: ${host ?? `127.0.0.1:${port}`}`,
      ...(token === null ? [] : [`Authorization: Bearer ${token}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...headers,
    ],
    body,
  );
}

const command = (
  id: string,
  args: unknown,
  headers = ['Content-Type: application/json'],
): Promise<RawResponse> =>
  call({
    line: `POST /api/commands/${id}`,
    headers,
    body: typeof args === 'string' ? args : JSON.stringify(args),
  });

const json = ({ body }: RawResponse) => JSON.parse(body.toString());

describe('the lock file', () => {
  test('can be read by its user only, and says who has the directory', () => {
    const path = join(cli.dataDir, 'listen.lock');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      pid: cli.pid,
      port: Number(new URL(ready.receiverUrl).port),
      apiUrl: `http://127.0.0.1:${port}`,
      token: expect.stringMatching(/^[\w-]{32}$/),
    });
  });
});

describe('the local API refuses', () => {
  const nothing = (response: RawResponse): void => {
    expect(Object.keys(json(response))).toEqual(['error']);
    expect(response.body.toString()).not.toMatch(/job-1|dataDir/);
  };

  test.each<[string, Call, number]>([
    ['a request without a token', { token: null }, 401],
    ['a wrong token', { token: 'x'.repeat(32) }, 401],
    ['a token that is only begun', { token: '' }, 401],
    ['another host name (DNS rebinding)', { host: 'evil.test' }, 403],
    ['another host name with our port', { host: 'evil.test:PORT' }, 403],
    ['a page of another program on this machine', { headers: ['Origin: http://127.0.0.1:1'] }, 403],
    ['a page of another site, which says no more', { headers: ['Sec-Fetch-Site: cross-site'] }, 403],
    ['a page of another origin', { headers: ['Origin: https://evil.test'] }, 403],
    ['a page without an origin of its own', { headers: ['Origin: null'] }, 403],
  ])('%s', async (_, wrong, status) => {
    for (const line of ['GET /api/status', 'POST /api/commands/list']) {
      const response = await call({
        ...wrong,
        line,
        ...(wrong.host ? { host: wrong.host.replace('PORT', String(port)) } : {}),
      });
      expect(response.status).toBe(status);
      expect(response.header('access-control-allow-origin')).toBeUndefined();
      nothing(response);
    }
  });

  test.each([
    ['no-such-thing', {}, /no command "no-such-thing".*list/],
    ['__proto__', {}, /no command/],
    ['constructor', {}, /no command/],
    ['list', { limit: 'many' }, /^list: limit: /],
    ['list', { limti: 5 }, /^list: .*"limti"/],
    ['list', { filter: 'nonsense:1' }, /no field "nonsense"/],
    ['show', {}, /^show: id: /],
    ['show', { id: 5 }, /^show: id: /],
    ['show', { id: '99' }, /no delivery "99"/],
    ['copy', { what: 'everything' }, /^copy: what: /],
    ['list', [], /^list: /],
    ['list', '5', /^list: /],
  ])('%s with %j, in words that name what is wrong', async (id, args, message) => {
    const response = await command(id, args);
    expect(response.status).toBe(400);
    expect(json(response).error).toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
  });

  test.each(['{"id":', 'nonsense', '{"a":1}}'])('arguments that are not JSON: %s', async (body) => {
    const response = await command('list', body);
    expect(response.status).toBe(400);
    expect(response.header('content-type')).toMatch(/^application\/json/);
    expect(json(response).error.message).toMatch(/not JSON/);
    // A screen may be drawn where stderr goes: a client's mistake leaves no trace there.
    expect(cli.stderr()).toBe('');
  });

  test('a path that is not there, in JSON as well', async () => {
    const response = await call({ line: 'GET /api/nothing' });
    expect(response.status).toBe(404);
    nothing(response);
  });
});

describe('the local API runs a command', () => {
  test('with what the process itself would give', async () => {
    const response = await command('list', {});
    expect(response.status).toBe(200);
    const viaClient = await new RemoteSession(owner).run('list', {});
    expect(json(response)).toEqual(viaClient);
    expect(viaClient.deliveries).toHaveLength(1);
    expect(viaClient.deliveries[0]).toMatchObject({ seq: 1, status: 'Completed', jobId: 'job-1' });
  });

  test('whatever content type the script forgot to set', async () => {
    const response = await command('show', { id: 'last' }, [
      'Content-Type: application/x-www-form-urlencoded',
    ]);
    expect(json(response).delivery.jobId).toBe('job-1');
  });

  test('without secrets in its answer unless they are asked for', async () => {
    const masked = (await command('show', { id: 'last' })).body.toString();
    expect(masked).not.toMatch(/s3cret|t0k3n|b34rer/);
    const open = json(await command('show', { id: 'last', secrets: true }));
    expect(JSON.parse(open.delivery.metadata).secret).toBe('s3cret');
    expect(open.delivery.target).toBe('/a?token=t0k3n');
  });

  test('and tells how the tool is', async () => {
    expect(json(await call())).toMatchObject({
      pid: cli.pid,
      receiverUrl: ready.receiverUrl,
      tunnel: { state: 'off' },
      verification: { secret: true, svix: false, reject: false },
      expectedJobs: [],
      banner: [],
      storeProblem: null,
    });
  });

  test('which is not reachable through the receiver', async () => {
    const receiverPort = Number(new URL(ready.receiverUrl).port);
    const response = await exchange(receiverPort, [
      'GET /api/status HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      `Authorization: Bearer ${owner.token}`,
    ]);
    // To the receiver it is a delivery like any other.
    expect(response.body.toString()).toBe('{}');
  });
});
