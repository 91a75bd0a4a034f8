import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attemptErrorCodes } from '../../src/core/delivery.ts';
import { HttpClient } from '../../src/dispatch/http-client.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { post } from '../receiver/raw-client.ts';
import { startReceiver } from '../receiver/start.ts';
import { onCleanup } from '../support/cleanup.ts';
import { startCli } from '../support/cli.ts';
import { textOf } from './texts.ts';

// Whatever stands on a wire, HTTP or not: it has an answer or an end, and those who come next are served.

/** Says something, and nothing more. @returns all that came back before the other side closed */
async function say(port: number, bytes: Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.end(bytes);
  await once(socket, 'close');
  return text;
}

const lines = [
  ...['GET ', 'POST ', 'CONNECT ', 'OPTIONS ', '/x', '*', 'http://a/b', 'a:443', '//', '?a=%zz', ' HTTP/1.1'],
  ...[
    '\r\n',
    '\r\n\r\n',
    '\n',
    ':',
    ' ',
    'Host: x',
    'Content-Length: 2',
    'Content-Length: 5',
    'Content-Length: -1',
  ],
  ...['Transfer-Encoding: chunked', 'Expect: 100-continue', 'Upgrade: websocket', 'Connection: Upgrade'],
  ...['Connection: close', '2\r\nhi\r\n', '0\r\n\r\n', 'fffffffff\r\n', 'hi', '\x16\x03\x01', '\0'],
];
const good = 'POST /good HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi';
const wire = fc
  .tuple(fc.constantFrom('', 'POST /x HTTP/1.1\r\nHost: x\r\n', good), textOf(...lines))
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

test('the receiver: what is answered 200 is kept, and the next one is taken', async () => {
  const { port, store } = await startReceiver();
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(wire, async (bytes) => {
      const said = await say(port, bytes);
      expect(said).toMatch(/^(HTTP\/1\.1 \d{3} |$)/);
      taken += said.match(/HTTP\/1\.1 200 /g)?.length ?? 0;
      expect((await post(port)).status).toBe(200);
      taken += 1;
    }),
    { numRuns: 300 },
  );
  const kept = store.page({ limit: 10_000 }).filter(({ acknowledgement }) => acknowledgement?.status === 200);
  expect(kept.length).toBe(taken);
});

test('the API of the inspector, and its stream of events', async () => {
  const cli = startCli([]);
  await cli.ready;
  const { port } = new URL(readLock(cli.dataDir)!.apiUrl);
  const own = [
    ...[
      'GET /api/events HTTP/1.1\r\n',
      'POST /api/commands/replay HTTP/1.1\r\n',
      `Host: 127.0.0.1:${port}\r\n`,
    ],
    ...[
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
      'Sec-WebSocket-Version: 13\r\n',
      'Cookie: a=b;',
      ';;=',
    ],
    ...['Upgrade: websocket\r\nConnection: Upgrade\r\n', 'Authorization: Bearer x\r\n', '{"id":', '/..%2f'],
  ];
  await fc.assert(
    fc.asyncProperty(textOf(...lines, ...own), async (text) => {
      const said = await say(Number(port), Buffer.from(text, 'latin1'));
      expect(said).toMatch(/^(HTTP\/1\.1 [134]\d\d |$)/);
      expect(said).not.toMatch(/^HTTP\/1\.1 101/); // nobody is let in by chance
    }),
    { numRuns: 300 },
  );
});

test("the app's answers: a response or an error in words", async () => {
  let answer = '';
  const app = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answer, 'latin1'));
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const client = new HttpClient();
  onCleanup(async () => {
    await client.close();
    app.close();
  });
  const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  const words = [
    ...[
      'HTTP/1.1 ',
      'HTTP/1.0 ',
      '200 OK',
      '099',
      '100 Continue',
      '101 S',
      '204 N',
      '304 N',
      '799 Odd',
      '\r\n',
    ],
    ...[
      '\r\n\r\n',
      '\n',
      'content-length: 2',
      'content-length: 2, 2',
      'content-length: x',
      'hi',
      '0\r\n\r\n',
      ':',
    ],
    ...['transfer-encoding: chunked', '2;a=b\r\nhi\r\n', 'content-encoding: gzip', 'connection: close', '\0'],
  ];
  const said = fc
    .tuple(
      fc.constantFrom('', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n'),
      textOf(...words),
    )
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(said, async (text) => {
      answer = text;
      const request = {
        endpoint: origin,
        origin,
        path: '/',
        method: 'POST',
        headers: [],
        body: Buffer.from('{}'),
      };
      const { outcome, remarks } = await client.send(request, 5000);
      for (const remark of remarks) expect(remark).toBePrintable();
      if (outcome.kind === 'response') expect(outcome.status).toBeGreaterThanOrEqual(100);
      else {
        expect(attemptErrorCodes).toContain(outcome.code);
        expect(outcome.code).not.toBe('timeout'); // the app has closed the connection
        expect(outcome.message).toBePrintable();
        expect(outcome.message.split('\n')).toHaveLength(1);
      }
    }),
    { numRuns: 400 },
  );
});
