import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { Access } from '../../src/inspector/access.ts';
import { follow } from '../../src/inspector/follow.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { openProgram } from '../../src/tunnel/program.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { startCli } from '../support/cli.ts';
import { textOf } from './texts.ts';

// What comes once a connection, a cookie or a program's output is there: it has an end, and harms nobody else.

/** A frame by RFC 6455, 5.2, of which any part may be wrong. */
const frame = (masked: boolean) =>
  fc
    .tuple(
      fc.oneof(fc.constantFrom(0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8a), fc.nat(255)),
      fc.oneof(
        textOf('{"v":1}', '{', '}', 'null', '\u00e9').map((text) => Buffer.from(text)),
        fc.uint8Array(),
      ),
      fc.option(fc.nat(127)),
    )
    .map(([head, payload, length]) => {
      const bytes = Buffer.from(payload).subarray(0, 125);
      const size = (length ?? bytes.length) | (masked ? 0x80 : 0);
      // A mask of zeros leaves the bytes as they are.
      return Buffer.concat([Buffer.from([head, size]), Buffer.alloc(masked ? 4 : 0), bytes]);
    });
const frames = (masked: boolean) =>
  fc
    .array(fc.oneof({ weight: 4, arbitrary: frame(masked) }, fc.uint8Array()), { maxLength: 5 })
    .map((parts) => Buffer.concat(parts));

test('frames of a reader of events: it is let in, and those who come next are served', async () => {
  const cli = startCli([]);
  await cli.ready;
  const { apiUrl, token } = readLock(cli.dataDir)!;
  const { port, host } = new URL(apiUrl);
  const authorization = `Bearer ${token}`;
  const upgrade = [
    ...['GET /api/events HTTP/1.1', `Host: ${host}`, `Authorization: ${authorization}`],
    ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'],
    ...['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
  ].join('\r\n');
  await fc.assert(
    fc.asyncProperty(frames(true), async (bytes) => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      let said = '';
      socket.on('data', (chunk) => {
        said += chunk.toString('latin1');
      });
      socket.once('data', () => socket.end(bytes)).write(upgrade);
      await once(socket, 'close');
      expect(said).toMatch(/^HTTP\/1\.1 101 /);
      expect((await fetch(`${apiUrl}/api/status`, { headers: { authorization } })).status).toBe(200);
    }),
    { numRuns: 100 },
  );
}, 120_000);

test('whatever a running tool says, who follows it gets JSON, an end or an error', async () => {
  let bytes = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket
      .on('error', () => undefined)
      .once('data', (request) => {
        const [, key = ''] = /sec-websocket-key: (\S+)/i.exec(String(request)) ?? [];
        const accept = createHash('sha1')
          .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
          .digest('base64');
        const head = `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
        socket.end(Buffer.concat([Buffer.from(head), bytes]));
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const owner = { apiUrl: `http://127.0.0.1:${port}`, token: 'x' } as Parameters<typeof follow>[0];
  await fc.assert(
    fc.asyncProperty(frames(false), async (next) => {
      bytes = next;
      try {
        for await (const message of follow(owner, null, AbortSignal.timeout(20_000)))
          expect(JSON.stringify(message)).toEqual(expect.any(String));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect((error as Error).name).not.toMatch(/AbortError|TimeoutError/);
      }
    }),
    { numRuns: 200 },
  );
}, 120_000);

test('no cookie header lets in but one that holds the own pair, whatever else it holds', () => {
  const port = 4141;
  const gate = new Access({ dataDir: tempDir() });
  const pair = gate.cookie(port).split(';')[0]!;
  const [name, value] = pair.split(/=(.*)/) as [string, string];
  const others = textOf(
    `${name}=`,
    value.slice(1),
    `${name}x=${value}`,
    '=',
    ' ',
    '\t',
    '"',
    `${name}=${value}x`,
    ',',
  );
  const refused = (cookie: string) =>
    gate.refusal({ url: '/api/status', headers: { host: `127.0.0.1:${port}`, cookie } }, port)?.status ??
    null;
  fc.assert(
    fc.property(others, others, (before, after) => {
      expect(refused(`${before};${after}`)).toBe(401);
      expect(refused(`${before};x; ${pair} ;${after}`)).toBeNull();
    }),
  );
});

test("a tunnel program's output: a URL, or one line that says what went wrong", async () => {
  const file = join(tempDir(), 'output');
  const output = textOf('https://a.test', 'ERR no', '\n', '\r\n', '\r', '\u001b[31m', '\u0000', 'é', ' ');
  await fc.assert(
    fc.asyncProperty(output, async (text) => {
      writeFileSync(file, text);
      const signs: string[] = [];
      const opening = openProgram(
        {
          ...{ name: 'program', file: 'cat', args: [file], install: 'get it somewhere.' },
          urlIn: (line) => /https:\/\/[a-z.]+/.exec(line)?.[0] ?? null,
          problemIn: (line) => /^ERR .*/.exec(line)?.[0] ?? null,
        },
        { signal: new AbortController().signal, onFailure: (sign) => signs.push(sign) },
      );
      const result = await opening.catch((error: unknown) => error);
      if (result instanceof Error) {
        expect(result).toBeInstanceOf(UserError);
        expect(result.message).toBePrintable();
      } else {
        expect(result).toMatchObject({ url: expect.stringMatching(/^https:\/\/a\.test/), note: null });
        await (result as Awaited<typeof opening>).close();
      }
    }),
    { numRuns: 30 },
  );
}, 120_000);
