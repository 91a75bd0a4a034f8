import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';
import { backTo, busyWith } from '../support/leaks.ts';
import { RawClient } from './raw-client.ts';
import { startReceiver, type TestReceiver } from './start.ts';

const mb = 1024 * 1024;
const head = (target: string, framing: string): string =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n`;

/** Closes a receiver as the runtime does. */
async function close({ dispatcher, receiver }: TestReceiver): Promise<void> {
  await dispatcher.close();
  await receiver.close();
}

test('a receiver that is closed has nothing open, whatever its senders were doing', async () => {
  const app = await startApp('hang');
  const before = busyWith();
  const started = await startReceiver({ endpoints: [app.url], maxBody: 64 * mb });
  const open = async (...parts: (string | Uint8Array)[]): Promise<RawClient> =>
    (await RawClient.open(started.port)).write(...parts);
  const clients = [
    await open(), // has said nothing yet
    await open('POST /cut HT'),
    await open(head('/half', 'Content-Length: 100'), 'half'),
    await open(head('/chunks', 'Transfer-Encoding: chunked'), '5\r\nhello\r\n'),
    await open(head('/forwarded', 'Content-Length: 2'), 'ok'),
    // These take all the room that there is, and the last one waits for some.
    await open(head('/large', `Content-Length: ${64 * mb}`)),
    await open(head('/large', `Content-Length: ${64 * mb}`)),
    await open(head('/waits', `Content-Length: ${mb}`)),
  ];
  await app.received(1);
  const refused = await open('GARBAGE\r\n\r\n');
  expect((await refused.response()).status).toBe(400);
  await close(started);
  await Promise.all([...clients, refused].map((client) => client.untilClosed()));
  await backTo(before);
});

test.each(['sender.delay=1h', 'hang', 'lost-ack', 'reset', 'slow-body=1/s', 'delay=1h'])(
  'nor what a fault (%s) holds back',
  async (faults) => {
    const app = await startApp();
    const before = busyWith();
    const started = await startReceiver({ endpoints: [app.url], faults });
    const client = (await RawClient.open(started.port)).write(head('/', 'Content-Length: 2'), 'ok');
    await started.newest();
    await close(started);
    await client.untilClosed();
    await backTo(before);
  },
);

test('a connection that lives long gathers nothing', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  onCleanup(() => void process.off('warning', onWarning));
  const app = await startApp();
  const started = await startReceiver({ endpoints: [app.url], maxBody: mb });
  const client = await RawClient.open(started.port);
  const connection = once(client.socket, 'close');
  const after = async (requests: number): Promise<Record<string, number>> => {
    for (let i = 0; i < requests; i++) {
      client.write(head('/', 'Content-Length: 2'), 'ok');
      expect((await client.response()).status).toBe(200);
    }
    return busyWith();
  };
  const few = await after(3);
  await after(30);
  await backTo(few);
  client.leave();
  await connection;
  expect(warnings).toEqual([]);
});
