import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Agent, request } from 'undici';
import { expect, test } from 'vitest';
import { Access } from '../../src/inspector/access.ts';
import { follow } from '../../src/inspector/follow.ts';
import { LocalApi } from '../../src/inspector/local-api.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';

// What a caller can cost the tool, even one that has the token.

/** The API before commands that are told when to end, and how to call it. */
async function serve() {
  const api = new LocalApi(new Access({ dataDir: tempDir() }));
  const url = await api.listen();
  onCleanup(() => api.close());
  const ends: (() => void)[] = [];
  let begun = 0;
  api.serve({
    status: () => ({}),
    run: (id) => {
      begun += 1;
      return id === 'slow' ? new Promise((resolve) => ends.push(() => resolve({}))) : Promise.resolve({});
    },
  });
  const run = (id: string, body: string | Uint8Array<ArrayBuffer> = '{}', headers = {}): Promise<Response> =>
    fetch(`${url}/api/commands/${id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}`, ...headers },
      body,
    });
  return { run, ends, begun: () => begun };
}

test('a hundred commands run at a time; one more is told to wait, until one has ended', async () => {
  const { run, ends } = await serve();
  const running = Array.from({ length: 100 }, () => run('slow'));
  await waitFor(() => ends.length === 100);
  const refused = await run('list');
  expect([refused.status, await refused.json()]).toEqual([
    503,
    { error: expect.objectContaining({ code: 'busy', message: expect.stringContaining('100 requests') }) },
  ]);
  ends[0]!();
  await Promise.race(running);
  await waitFor(async () => (await run('list')).ok);
  for (const end of ends) end();
  await Promise.all(running);
});

test.each([
  ['over 20 MB', JSON.stringify('x'.repeat(21 * 1024 * 1024)), undefined, 413],
  ['over 20 MB once they are decompressed', gzipSync(Buffer.alloc(100 * 1024 * 1024, ' ')), 'gzip', 413],
  ['in a coding that nobody knows', '{}', 'x-none', 415],
  ['nested a million times', '['.repeat(1_000_000) + ']'.repeat(1_000_000), undefined, 200],
])('arguments %s harm nothing', async (_, body, coding, status) => {
  const { run, begun } = await serve();
  const answer = await run('list', body, coding === undefined ? {} : { 'content-encoding': coding });
  await answer.arrayBuffer();
  expect([answer.status, begun()]).toEqual([status, status === 200 ? 1 : 0]);
  expect((await run('list')).status).toBe(200);
});

test('a reader that never reads while 20,000 deliveries arrive is dropped below 8 MB, and harms nobody', {
  timeout: 120_000,
}, async () => {
  const tool = startCli([]);
  const { receiverUrl } = await tool.ready;
  const owner = readLock(tool.dataDir)!;
  const { host, hostname, port } = new URL(owner.apiUrl);
  const deaf = connect(Number(port), hostname);
  onCleanup(() => deaf.destroy());
  deaf.on('error', () => undefined);
  deaf.pause();
  deaf.write(
    [
      ...['GET /api/events HTTP/1.1', `Host: ${host}`, `Authorization: Bearer ${owner.token}`],
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      ...['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''],
    ].join('\r\n'),
  );
  const listening = (async () => {
    for await (const { events } of follow(owner, null, AbortSignal.timeout(110_000)))
      if (events.some((event) => event.type === 'delivery' && event.seq === 20_001)) return true;
    return false;
  })();

  const connections = new Agent({ connections: 50 });
  onCleanup(() => connections.destroy());
  const send = async (): Promise<void> => {
    const { statusCode, body } = await request(receiverUrl, {
      ...{ method: 'POST', body: '{"status":"Completed","job_id":"j"}', dispatcher: connections },
    });
    await body.dump();
    expect(statusCode).toBe(200);
  };
  for (let sent = 0; sent < 20_000; sent += 500) await Promise.all(Array.from({ length: 500 }, send));
  // It is asked twice, 15 s apart, whether it is there; then the tool's end of the connection is gone (state 01 no more).
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');
  const standing = new RegExp(`:${hex(Number(port))} \\w+:${hex(deaf.localPort!)} 01 `);
  await waitFor(() => !standing.test(readFileSync('/proc/net/tcp', 'utf8')), { timeoutMs: 60_000 });

  let bytes = 0;
  deaf.on('data', (chunk) => {
    bytes += chunk.length;
  });
  deaf.resume();
  await waitFor(() => deaf.closed);
  expect(bytes).toBeLessThan(8 * 1024 * 1024);
  await send();
  expect(await listening).toBe(true);
});
