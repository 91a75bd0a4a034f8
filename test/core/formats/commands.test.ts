import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery, HeaderPair } from '../../../src/core/delivery.ts';
import { curl } from '../../../src/core/formats/curl.ts';
import { httpie } from '../../../src/core/formats/httpie.ts';
import { pairsOf } from '../../../src/core/headers.ts';
import { delivery } from '../../support/deliveries.ts';

const run = promisify(execFile);

interface Seen {
  method: string | undefined;
  target: string | undefined;
  headers: HeaderPair[];
  body: string;
}

let server: Server;
let origin: string;
let seen: Seen[];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      seen.push({ method: request.method, target: request.url, headers: pairsOf(request.rawHeaders), body });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const command = (format: typeof curl, one: Delivery): string =>
  [
    ...format.write([{ delivery: one, attempts: [] }], {
      secrets: true,
      url: ({ target }) => origin + target,
    }),
  ].join('');

/** Runs a command in a shell; `path` goes before PATH. */
async function sh(text: string, path?: string): Promise<void> {
  const child = run('sh', ['-c', text], {
    env: {
      ...process.env,
      ...(path ? { PATH: `${path}:${process.env.PATH}` } : {}),
      HTTPIE_CONFIG_DIR: tmpdir(),
    },
  });
  child.child.stdin!.end();
  await child;
}

const bodies: [string, Buffer][] = [
  ['none', Buffer.alloc(0)],
  ['JSON', Buffer.from('{"status":"Completed","job_id":"j1"}')],
  ['quotes and newlines', Buffer.from(`it's "quoted" $HOME \`x\` \\n\r\n\ttab\n`)],
  ['a leading @', Buffer.from('@/etc/passwd')],
  ['a leading dash', Buffer.from('--help')],
  ['text that is not ASCII', Buffer.from('\ufeffé 名 👋')],
  ['NUL', Buffer.from('a\0b')],
  ['bytes that are not UTF-8', Buffer.from([0xff, 0, 0x0a, 0xfe])],
];

const headers: HeaderPair[] = [
  ['Host', 'x.loca.lt'],
  ['X-Mixed-Case', `it's "quoted" $(id) \\ back`],
  ['svix-signature', 'v1,abc= v1,def=='],
  ['X-Empty', ''],
  ['X-At', '@file'],
  ['X-Equals', '=1:=@x;y'],
  ['X-Twice', 'a'],
  ['X-Twice', 'b'],
  ['User-Agent', 'Svix-Webhooks/1.0'],
  ['X-Name', Buffer.from('é').toString('latin1')],
  ['content-type', 'text/plain; charset=utf-8'],
];

const expected = headers.filter(([name]) => name !== 'Host').map(([name, value]) => `${name}: ${value}`);
const sent = (): string[] =>
  seen[0]!.headers
    .map(([name, value]) => `${name}: ${value}`)
    // HTTPie can't be talked out of this one.
    .filter((header) => !/^(host|content-length|connection|accept-encoding: identity)\b/i.test(header));

describe('httpie, run by HTTPie itself', () => {
  it.each(bodies)('sends the same request: %s', async (_, body) => {
    seen = [];
    await sh(command(httpie, delivery({ headers, body, target: '/a/../b?x=1&y=%20%7B' })));
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      target: '/a/../b?x=1&y=%20%7B',
      body: body.toString('latin1'),
    });
    // HTTPie has an order of its own for the headers it knows.
    expect(sent().sort()).toEqual([...expected].sort());
  });

  it('adds no header of its own that matters', async () => {
    seen = [];
    await sh(command(httpie, delivery({ headers: [], body: Buffer.from('{}') })));
    expect(sent()).toEqual([expect.stringMatching(/^User-Agent: HTTPie/)]);
  });
});

describe('httpie, by the words that a shell gives it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'httpie-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'http'), `#!/bin/sh\nprintf '%s\\0' "$@" > '${dir}/argv'\ncat > '${dir}/stdin'\n`);
  chmodSync(join(dir, 'http'), 0o755);

  it.each(bodies)('%s', async (_, body) => {
    await sh(command(httpie, delivery({ headers, body })), dir);
    const argv = readFileSync(join(dir, 'argv'), 'utf8').split('\0').slice(0, -1);
    const stdin = readFileSync(join(dir, 'stdin'));
    const raw = argv.find((word) => word.startsWith('--raw='));
    expect(raw === undefined ? stdin : Buffer.from(raw.slice('--raw='.length))).toEqual(body);
    expect(argv.includes('--ignore-stdin')).toBe(stdin.length === 0);
    expect(argv.slice(argv.indexOf('POST'))).toEqual([
      'POST',
      `${origin}/webhook?a=1`,
      `X-Mixed-Case:it's "quoted" $(id) \\ back`,
      'svix-signature:v1,abc= v1,def==',
      'X-Empty;',
      'X-At:\\@file',
      'X-Equals:\\=1:=@x;y',
      'X-Twice:a',
      'X-Twice:b',
      'User-Agent:Svix-Webhooks/1.0',
      'X-Name:é',
      'content-type:text/plain; charset=utf-8',
      'accept:',
      'accept-encoding:',
    ]);
  });

  it('says what HTTPie can not send', () => {
    const text = command(
      httpie,
      delivery({
        method: 'M-SEARCH',
        headers: [
          ['X-Raw', '\xff'],
          ['X-Slash', 'a\\:b'],
        ],
      }),
    );
    expect(text.split('\n').filter((line) => line.startsWith('#'))).toEqual([
      "# HTTPie can't send the method M-SEARCH.",
      "# HTTPie can't send the header X-Raw as it is.",
      "# HTTPie can't send the header X-Slash as it is.",
    ]);
  });
});

describe('curl, as a format', () => {
  it('sends one request a delivery, and a comment does not stop it', async () => {
    seen = [];
    const one = delivery({ headers: [['X-Token', 'hidden']], body: Buffer.from("it's") });
    const items = [one, one].map((each) => ({ delivery: each, attempts: [] }));
    const text = [...curl.write(items, { secrets: false, url: () => `${origin}/?token=hidden` })].join('');
    expect(text).not.toContain('hidden');
    expect(text).toMatch(/^# Secrets are masked/);
    await sh(text);
    expect(seen.map(({ body }) => body)).toEqual(["it's", "it's"]);
  });
});
