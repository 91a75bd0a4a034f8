import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Access, type AccessOptions } from '../../src/inspector/access.ts';
import { tempDir } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';

const port = 4141;

const access = (options: Partial<AccessOptions> = {}): Access =>
  new Access({ dataDir: tempDir(), ...options });

/** The pair of a `Set-Cookie`, as a browser sends it back. */
const pairOf = (setCookie: string): string => setCookie.split(';')[0]!;

const call = (headers: Record<string, string | undefined>, url = '/api/status') => ({
  url,
  headers: { host: `127.0.0.1:${port}`, ...headers },
});

describe('a link', () => {
  test('lets one browser in, once', () => {
    const gate = access();
    const path = gate.newLink();
    expect(path).toMatch(/^\/open\/[\w-]{16,}$/);
    const name = path.slice('/open/'.length);
    expect(gate.redeem(`${name}x`, port)).toBeNull();
    expect(gate.redeem('', port)).toBeNull();
    const cookie = gate.redeem(name, port)!;
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    expect(gate.redeem(name, port)).toBeNull();
    expect(gate.refusal(call({ cookie: pairOf(cookie) }), port)).toBeNull();
  });

  test('is one of twenty at most, the oldest go', () => {
    const gate = access();
    const names = Array.from({ length: 30 }, () => gate.newLink().slice('/open/'.length));
    expect(new Set(names).size).toBe(30);
    const taken = names.map((name) => gate.redeem(name, port) !== null);
    expect(taken).toEqual(names.map((_, i) => i >= 10));
  });
});

describe('a cookie', () => {
  test('of another port, or of another tool, is none', () => {
    const gate = access();
    const own = pairOf(gate.cookie(port));
    const refused = [
      pairOf(gate.cookie(port + 1)),
      // The right value under another name, and the other port's value under the right one.
      own.replace(String(port), String(port + 1)),
      `${own.split('=')[0]}=${pairOf(gate.cookie(port + 1)).split('=')[1]}`,
      pairOf(access().cookie(port)),
      `${own}x`,
      own.slice(0, -1),
      '',
    ];
    for (const cookie of refused) expect(gate.refusal(call({ cookie }), port)?.status).toBe(401);
    expect(gate.refusal(call({ cookie: `a=1; ${own}; b=2` }), port)).toBeNull();
    expect(gate.refusal(call({ cookie: `a=1;${own}` }), port)).toBeNull();
    expect(gate.refusal(call({ cookie: own }), port + 1)?.status).toBe(403); // nor by that port's name
  });

  test('outlives the tool, by a key that only its user can read', () => {
    const dataDir = tempDir();
    const cookie = pairOf(access({ dataDir }).cookie(port));
    expect(access({ dataDir }).refusal(call({ cookie }), port)).toBeNull();
    const key = join(dataDir, 'inspector.key');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(cookie).not.toContain(readFileSync(key, 'utf8').trim());
    writeFileSync(key, 'something else');
    expect(access({ dataDir }).refusal(call({ cookie }), port)?.status).toBe(401);
  });

  test('is no way in where no page is served', () => {
    const gate = new Access({ dataDir: null });
    expect(gate.refusal(call({ cookie: 'reducto-webhook-dev-4141=' }), port)?.status).toBe(401);
  });
});

describe('the token', () => {
  test('is a way in by itself; a wrong one is not saved by a cookie', () => {
    const gate = access();
    const cookie = pairOf(gate.cookie(port));
    expect(gate.refusal(call({ authorization: `Bearer ${gate.token}` }), port)).toBeNull();
    for (const authorization of ['', 'Bearer', `Bearer ${gate.token}x`, `bearer ${gate.token}`, gate.token])
      expect(gate.refusal(call({ authorization, cookie }), port)?.status).toBe(401);
  });

  test('is in no reason for a refusal', () => {
    const gate = access();
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (host, origin, authorization) => {
        const refusal = gate.refusal(call({ host, origin, authorization }), port);
        expect([401, 403]).toContain(refusal!.status);
        expect(refusal!.message).not.toContain(gate.token);
      }),
    );
  });
});

describe('a request is refused, whatever token it has,', () => {
  const gate = access();
  const authorization = `Bearer ${gate.token}`;

  test.each([
    'evil.test',
    `evil.test:${port}`,
    `127.0.0.1.evil.test:${port}`,
    `localhost.evil.test:${port}`,
    `127.0.0.1:${port}.evil.test`,
    `127.0.0.1:${port}@evil.test`,
    `192.168.0.1:${port}`,
    `0.0.0.0:${port}`,
    `intranet:${port}`,
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:80',
    `localhost:${port + 1}`,
    `localhost:0${port}`,
    `[::2]:${port}`,
    '',
    ' ',
  ])('that was called by the name "%s"', (host) => {
    expect(gate.refusal(call({ host, authorization }), port)?.status).toBe(403);
  });

  test.each([`http://127.0.0.1:${port}/api/status`, 'http://evil.test/api/status', '*', 'evil.test:80', ''])(
    'whose request line has %j',
    (url) => {
      expect(gate.refusal(call({ authorization }, url), port)?.status).toBe(403);
    },
  );

  test.each([
    { origin: 'http://evil.test' },
    { origin: 'null' },
    { origin: '' },
    { origin: `https://127.0.0.1:${port}` },
    { origin: `http://127.0.0.1:${port + 1}` },
    { origin: `http://localhost:${port}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'anything' },
  ])('that comes from another page: %j', (headers) => {
    expect(gate.refusal(call({ ...headers, authorization }), port)?.status).toBe(403);
  });

  test.each([`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])(
    'but not when it was called by %s',
    (host) => {
      expect(gate.refusal(call({ host, authorization, origin: `http://${host}` }), port)).toBeNull();
    },
  );
});

test('where others are let in, an address and a name without a domain are enough, a name of the web is not', () => {
  const gate = access({ host: '0.0.0.0', password: 'p' });
  const ask = (host: string) =>
    gate.refusal(call({ host, authorization: `Bearer ${gate.token}` }), port)?.status ?? null;
  expect(['192.168.0.7:4141', 'my-box:8080', `[fe80::1]:${port}`, `127.0.0.1:${port}`].map(ask)).toEqual([
    ...[null, null, null, null],
  ]);
  expect(['evil.test:4141', 'evil.test'].map(ask)).toEqual([403, 403]);
  const named = access({ host: 'dev.example.org', password: 'p' });
  const own = call({ host: 'dev.example.org:4141', authorization: `Bearer ${named.token}` });
  expect(named.refusal(own, port)).toBeNull();
});

describe('a password', () => {
  test('is tried once a second: also the right one waits', async () => {
    const gate = access({ password: 's3cret' });
    expect(gate.login('s3cret')).toBe('in');
    expect(gate.login('wrong')).toBe('wrong');
    expect([gate.login('wrong'), gate.login('s3cret')]).toEqual(['wait', 'wait']);
    await waitFor(() => gate.login('s3cret') === 'in');
  });

  test.each([undefined, null, '', 0, {}, ['s3cret'], 's3cret '])('%j is not the one', (given) => {
    expect(access({ password: 's3cret' }).login(given)).toBe('wrong');
  });

  test.each([undefined, '', 'undefined'])('%j is none where none was set', (given) => {
    expect(access().login(given)).toBe('wrong');
  });
});
