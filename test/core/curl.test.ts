import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PlainRequest, toCurl } from '../../src/core/curl.ts';
import type { HeaderPair } from '../../src/core/delivery.ts';
import { pairsOf } from '../../src/core/headers.ts';
import { printable } from '../../src/core/text.ts';

interface Arrived {
  method: string;
  target: string;
  headers: HeaderPair[];
  body: Buffer;
}

const arrived: Arrived[] = [];
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { method = '', url: target = '', rawHeaders } = request;
  arrived.push({ method, target, headers: pairsOf(rawHeaders), body: Buffer.concat(chunks) });
  response.end('done');
});
let origin = '';
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

// What curl says of its own connection; it belongs to no request that is repeated.
const ofTheConnection = /^(host|connection|content-length|transfer-encoding|expect)$/i;
const own = (headers: readonly HeaderPair[]): HeaderPair[] =>
  headers.filter(([name]) => !ofTheConnection.test(name)).map(([name, value]) => [name, value]);

/** Has a real shell run the command, and gives what arrived. */
async function run(request: PlainRequest): Promise<Arrived> {
  // -q and --noproxy keep a developer's own settings out of it.
  const command = toCurl(request).replace(/(^|\| )curl /, '$1curl -q -sS --noproxy "*" ');
  const shell = spawn('/bin/sh', { stdio: ['pipe', 'ignore', 'inherit'] });
  shell.stdin.end(`${command}\n`);
  expect(await once(shell, 'close')).toEqual([0, null]);
  return arrived.pop()!;
}

/** Repeats a request with curl and compares what arrives with what was sent. */
async function repeats(
  body: string | Uint8Array,
  headers: HeaderPair[] = [],
  { method = 'POST', target = '/hook' } = {},
): Promise<Arrived> {
  const bytes = Buffer.from(body as Uint8Array);
  const got = await run({ method, url: origin + target, headers, body: bytes });
  expect({ ...got, headers: own(got.headers) }).toEqual({
    method,
    target,
    headers: own(headers),
    body: bytes,
  });
  return got;
}

describe('the command sends the very same', () => {
  test.each<[what: string, body: string | Uint8Array]>([
    ['JSON', '{"status":"Completed","job_id":"a"}'],
    ['quotes of all kinds', `it's "quoted" \`id\` and ''twice''`],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    ['what a shell would expand', '$HOME $(id) ${HOME} `id` ~ * ? [a] {a,b} !! !x \\n \\ # ; & | < >'],
    ['newlines', '\n\na\nb\n'],
    ['carriage returns and tabs', 'a\r\nb\tc\r'],
    ['an @ in front', '@/etc/passwd'],
    ['an @ and a newline in front', '@-\n'],
    ['a dash in front', '--data x'],
    ['unicode', 'Grüße, 日本語 👩‍👩‍👧 \u202e'],
    ['escape sequences', '\x1b[201~\nid\n\x07\x9b'],
    ['a NUL', 'a\0b'],
    ['bytes that are no text', Uint8Array.from({ length: 256 }, (_, i) => i)],
    ['a byte order mark', '\ufeff{}'],
    ['nothing', ''],
    ['percent signs', '100%s %d %%'],
  ])('body: %s', async (_, body) => {
    await repeats(body, [['Content-Type', 'application/json']]);
  });

  test('body: any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), fc.string({ unit: 'binary' })), async (body) => {
        await repeats(body);
      }),
      { numRuns: 25 },
    );
  });

  test('body: larger than one argument of a command can be, as text and as bytes', async () => {
    await repeats('x'.repeat(300_000));
    await repeats(Buffer.alloc(300_000, 0xff));
  });

  test('body: so large that curl would ask for "100 Continue" first', async () => {
    const { headers } = await repeats('y'.repeat(1_500_000));
    expect(headers.map(([name]) => name.toLowerCase())).not.toContain('expect');
  });

  test('headers, with their case, order and repetitions', async () => {
    const headers: HeaderPair[] = [
      ['X-B', 'b'],
      ['content-type', 'text/plain; charset="utf-8"'],
      ['x-a', '1'],
      ['X-A', '2'],
      ['USER-agent', 'Svix-Webhooks/1.84.0 (sender-9YMgn; +https://www.svix.com/http-sender/)'],
      ['Accept', '*/*'],
      ['Cookie', `a=b; c='d'`],
      ['svix-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,x'],
      ['Content-Encoding', 'gzip'],
    ];
    await repeats('{}', headers);
  });

  test('header values: empty, with quotes, backslashes and what a shell would expand', async () => {
    const values = ['', `'`, '"', '\\', '$(id)', '`id`', '!x', '@file', '%s', ':', 'a;', ';', 'a, b', 'x\ty'];
    await repeats(
      'x',
      values.map((value, i) => [`X-${i}`, value]),
    );
  });

  test('header values: UTF-8, Latin-1 and C1 control bytes, as Node gives them', async () => {
    const values = [
      Buffer.from('Grüße 日本').toString('latin1'),
      'Gr\xfc\xdfe',
      '\x9b31m',
      '\xff\xfe',
      'a\xe9%d\\101',
    ];
    await repeats(
      'x',
      values.map((value, i) => [`X-${i}`, value]),
    );
  });

  test('header values and names of any kind that HTTP allows', async () => {
    const name = fc.stringMatching(/^X-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,8}$/);
    const value = fc.stringMatching(/^([!-~\x80-\xff]([\t -~\x80-\xff]{0,10}[!-~\x80-\xff])?)?$/);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 8 }), async (headers) => {
        await repeats('x', headers);
      }),
      { numRuns: 25 },
    );
  });

  test('a masked value as UTF-8', async () => {
    const { headers } = await run({
      method: 'POST',
      url: origin,
      headers: [['X-Token', '••••••']],
      body: Buffer.from('x'),
    });
    expect(Buffer.from(own(headers)[0]![1], 'latin1').toString()).toBe('••••••');
  });

  test.each([
    '/',
    '/a/../b/./c',
    '/a//b',
    '/[1]{2,3}',
    "/it's?x=$HOME&y=`id`&z=!a;b",
    '/?',
    '/%2e%2e/%00',
    '/a?b=c?d',
    '//x',
  ])('target %s', async (target) => {
    await repeats('x', [], { target });
  });

  test.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'M-SEARCH'])(
    'method %s, with and without a body',
    async (method) => {
      await repeats('{}', [['X-A', 'b']], { method });
      await repeats('', [['X-A', 'b']], { method });
    },
  );

  test('method HEAD', async () => {
    await repeats('', [['X-A', 'b']], { method: 'HEAD' });
  });
});

test('nothing in the command would be obeyed by the terminal that it is pasted into', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, fc.uint8Array(), (value, body) => {
      const headers: HeaderPair[] = [
        [
          'X-A',
          Buffer.from(value)
            .toString('latin1')
            .replace(/[\0\r\n]/g, ''),
        ],
      ];
      for (const bytes of [body, Buffer.from(value)]) {
        const command = toCurl({ method: 'POST', url: 'http://x/', headers, body: bytes });
        expect(printable(command, true)).toBe(command);
      }
    }),
  );
});
