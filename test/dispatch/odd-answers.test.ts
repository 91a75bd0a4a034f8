import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mendHead } from '../../src/dispatch/answer-head.ts';
import { HttpClient } from '../../src/dispatch/http-client.ts';
import { onCleanup } from '../support/cleanup.ts';

const run = promisify(execFile);

/** An app that answers each request with these bytes, in pieces of one length; it does not read them as HTTP. */
async function rawApp(bytes: string, { close = false, piece = bytes.length } = {}): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true).on('error', () => undefined);
    let got = '';
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1');
      if (!got.endsWith('{}')) return;
      got = '';
      for (let from = 0; from < bytes.length; from += piece)
        socket.write(bytes.slice(from, from + piece), 'latin1');
      if (close) socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let client: HttpClient;
beforeAll(() => {
  client = new HttpClient();
});
afterAll(() => client.close());

/** What our client makes of an app's answer: status, body and remarks, or the error. */
async function ours(origin: string, timeoutMs = 10_000) {
  const { outcome, wholeBody, remarks } = await client.send(
    { endpoint: origin, origin, path: '/', method: 'POST', headers: [], body: Buffer.from('{}') },
    timeoutMs,
  );
  return outcome.kind === 'response'
    ? { status: outcome.status, body: Buffer.from(wholeBody!).toString('latin1'), remarks }
    : { code: outcome.code, message: outcome.message };
}

/** What curl makes of it; null where it refuses it. */
async function curls(origin: string): Promise<{ status: number; body: string } | null> {
  const args = ['-sS', '-m', '5', '-d', '{}', '-w', '\n%{http_code}', `${origin}/`];
  try {
    const { stdout } = await run('curl', args, { encoding: 'latin1' });
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  } catch {
    return null;
  }
}

/** The status that Node's own client gets; null where it gets none. */
function nodes(origin: string): Promise<number | null> {
  return new Promise((resolve) => {
    const sent = request(`${origin}/`, { method: 'POST', agent: false }, (answer) => {
      resolve(answer.statusCode! < 100 ? null : answer.statusCode!);
      answer.resume().on('error', () => undefined);
    });
    sent.on('upgrade', () => resolve(null)).on('error', () => resolve(null));
    sent.end('{}');
    onCleanup(() => sent.destroy());
  });
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n';

/** Answers that are odd, and taken: `remark` is what the record says, null where there is nothing to say. */
const taken: [name: string, bytes: string, status: number, body: string, remark: RegExp | null][] = [
  ['204 with a length', 'HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\n', 204, '', /content-length of 4/],
  ['204 with a body', 'HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\nnull', 204, '', /content-length of 4/],
  ['204 that is chunked', 'HTTP/1.1 204 N\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 204, '', /transfer-encoding/],
  ['204 with no length', 'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n', 204, '', null],
  ['304 with a length', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 100\r\n\r\n', 304, '', null],
  ['205 with a body', 'HTTP/1.1 205 Reset\r\ncontent-length: 2\r\n\r\nhi', 205, 'hi', null],
  ['one length twice', `${ok}Content-Length: 2\r\n\r\nhi`, 200, 'hi', /content-length of 2 2 times/],
  ['a list of one length', 'HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nhi', 200, 'hi', /2 times/],
  ['length and chunked', `${ok}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, 200, 'hello', /does not count/],
  ['chunked and length', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 9\r\n\r\n2\r\nhi\r\n0\r\n\r\n', 200, 'hi', /does not count/],
  ['100 Continue, unasked', `HTTP/1.1 100 Continue\r\n\r\n${ok}\r\nhi`, 200, 'hi', /100 Continue/],
  ['100 Continue and then one length twice', `HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 2\r\n\r\nhi`, 200, 'hi', /100 Continue.*2 times/s],
  ['102 and 103', `HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nlink: x\r\n\r\n${ok}\r\nhi`, 200, 'hi', null],
  ['no reason', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nhi', 200, 'hi', null],
  ['a status beyond 599', 'HTTP/1.1 799 Odd\r\ncontent-length: 2\r\n\r\nhi', 799, 'hi', /no status 799/],
  ['chunks with extensions and trailers', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\nx: y\r\n\r\n', 200, 'hi', null],
  ['HTTP/1.0 that is chunked', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n', 200, 'hi', null],
  ['more than its length', `${ok}\r\nhi, and more`, 200, 'hi', null],
  ['more after a closing answer', `${ok}connection: close\r\n\r\nhi, and more`, 200, 'hi', null],
  ['30 KB of headers', `${ok}x: ${'x'.repeat(30_000)}\r\n\r\nhi`, 200, 'hi', null],
]; // biome-ignore format: a row is an answer

describe('an odd answer that curl and Node read is taken, whole or in pieces', () => {
  test.each(taken)('%s', async (_name, bytes, status, body, remark) => {
    expect(await curls(await rawApp(bytes))).toEqual({ status, body });
    for (const piece of [bytes.length, 7]) {
      const origin = await rawApp(bytes, { piece });
      for (let again = 0; again < 2; again++) {
        // What is left of an answer must not become the next one.
        const got = await ours(origin);
        expect(got).toMatchObject({ status, body });
        if (remark === null) expect(got.remarks).toEqual([]);
        else expect(got.remarks!.join('\n')).toMatch(remark);
      }
    }
  });

  test.each([
    ['a body that ends with its connection', 'HTTP/1.1 200 OK\r\n\r\nuntil the end'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nserver: old\r\n\r\nuntil the end'],
  ])('%s', async (_name, bytes) => {
    const origin = await rawApp(bytes, { close: true });
    expect(await ours(origin)).toEqual({ status: 200, body: 'until the end', remarks: [] });
  });
});

/** Answers that one of the two can't read: refused at once, and the cause is named. */
const refused: [name: string, bytes: string, cause: RegExp][] = [
  ['status 099', 'HTTP/1.1 099 Odd\r\ncontent-length: 2\r\n\r\nok', /no status 099/],
  ['status 000', 'HTTP/1.1 000 Odd\r\ncontent-length: 2\r\n\r\nok', /no status 000/],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\ncontent-length: 2\r\n\r\nok', /status code.*"HTTP\/1\.1 20 OK/],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\nok', /status.*2000/],
  ['101, unasked', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', /answers 101/],
  ['line feeds only', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok', /Missing expected CR/],
  ['two lengths', `${ok}content-length: 3\r\n\r\nhi!`, /Content-Length/],
  ['a length of letters', 'HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nhi', /Content-Length/],
  ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nhi', /Content-Length/],
  ['a length beyond all numbers', 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nhi', /Content-Length overflow/],
  ['a header without a colon', `${ok}broken\r\n\r\nhi`, /Invalid header token/],
  ['a NUL in a header', `${ok}x: a\0b\r\n\r\nhi`, /Invalid header value char/],
  ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n', /chunk size/],
  ['HTTP/0.9', '<html>hi</html>', /Expected HTTP\/.*"<html>hi<\/html>"/],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /"SSH-2\.0-OpenSSH_9\.2"/],
  ['escape sequences', '\x1b]0;owned\x07\r\n', /"\\x1b\]0;owned\\x07"/],
  ['70 KB of headers', `${ok}x: ${'x'.repeat(70_000)}\r\n\r\nhi`, /over 64 KB/],
]; // biome-ignore format: a row is an answer

describe('an answer that nobody can be sure to read is refused at once, with its cause', () => {
  test.each(refused)('%s', async (_name, bytes, cause) => {
    for (const piece of [bytes.length, 5000, 7].filter((size) => bytes.length / size < 100)) {
      const got = await ours(await rawApp(bytes, { piece }));
      expect(got).toMatchObject({ code: 'invalid-response', message: expect.stringMatching(cause) });
      expect(got.message).not.toMatch(/undefined|\n|\x1b|false == true/);
    }
    const origin = await rawApp(bytes);
    const judges = [await curls(origin), bytes.includes('ZZ') ? null : await nodes(origin)];
    expect(judges).toContain(null);
  });
});

describe('the status came: it is the answer, whatever the body does', () => {
  test('a stream of events is gathered for a second', async () => {
    const origin = await rawApp('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n');
    const got = await ours(origin);
    expect(got).toMatchObject({ status: 200, body: 'data: 1\n\n' });
    expect(got.remarks).toEqual(['the body was cut after 9 bytes: it is a stream']);
  });

  test.each([
    ['a body without end', 'HTTP/1.1 202 Accepted\r\n\r\nfor ever', 'for ever'],
    ['half of what was promised', 'HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\nhalf', 'half'],
    ['chunks without end', 'HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n', 'hi'],
  ])('%s is cut when the time is up', async (_name, bytes, body) => {
    const got = await ours(await rawApp(bytes), 300);
    expect(got).toMatchObject({ status: 202, body });
    expect(got.remarks).toEqual([
      `the body was cut after ${body.length} bytes: it had not ended after 300 ms`,
    ]);
  });

  test('one that is over 10 MB is cut there', async () => {
    const size = 11 * 1024 * 1024;
    const origin = await rawApp(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n${'x'.repeat(size)}`);
    const got = await ours(origin);
    expect([got.status, got.body!.length]).toEqual([200, 10 * 1024 * 1024]);
    expect(got.remarks).toEqual([`the body was cut after ${10 * 1024 * 1024} bytes: it is over 10 MB`]);
  });

  test.each(['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort', 'HTTP/1.1 200 OK\r\ncontent-le'])(
    'but one that breaks off is none: %j',
    async (bytes) => {
      expect(await ours(await rawApp(bytes, { close: true }))).toMatchObject({ code: 'reset' });
    },
  );

  test('an app that answers before it reads still gets the whole request', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    let read = 0;
    let readOn: () => void = () => undefined;
    const server = createServer((socket) => {
      socket.pause().on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      readOn = () => {
        socket.on('data', (chunk) => {
          read += chunk.length;
        });
        socket.resume();
      };
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { outcome } = await client.send(
      { endpoint: origin, origin, path: '/', method: 'POST', headers: [], body },
      10_000,
    );
    expect(outcome).toMatchObject({ kind: 'response', status: 200 });
    readOn();
    await expect.poll(() => read, { timeout: 10_000 }).toBeGreaterThan(body.length);
  });
});

test('a head is mended where that is certain, and nowhere else', () => {
  for (const head of [
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: x, x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nx-content-length: 2\r\nx-content-length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
  ])
    expect(mendHead(head)).toEqual({ head, remarks: [] });
});

test.each(['destroy', 'resetAndDestroy'] as const)(
  'an app that answers before it has read the request, and goes away (%s), ends the attempt and nothing else',
  async (goAway) => {
    const server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          socket
            .pause()
            .write('HTTP/1.1 413 Too Large\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n{}');
          socket[goAway]();
        });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onCleanup(() => void server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const request = { endpoint: origin, origin, path: '/', method: 'POST', headers: [] };
    // Larger than what sockets take in: its rest fails when the answer is there, and nobody has the connection.
    const body = Buffer.alloc(8 * 1024 * 1024, 'x');
    // An error that nobody listens to ends the process: here, the run of the tests.
    for (const fresh of [true, false]) {
      const { outcome } = await client.send({ ...request, body, fresh }, 5000);
      expect(['response', 'error']).toContain(outcome.kind);
    }
  },
);
