import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { FaultSet } from '../../src/core/faults/fault-set.ts';
import { startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';
import { post, RawClient } from './raw-client.ts';
import { startReceiver, type TestReceiverOptions, withMethods } from './start.ts';

const body = '{"status":"Completed","job_id":"j1"}';
const request = `POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

async function start(faults: string, options: TestReceiverOptions = {}) {
  const app = await startApp({ status: 201, body: 'done' });
  const receiver = await startReceiver({ endpoints: [app.url], faults, ...options });
  const acknowledged = async () => (await receiver.newest((one) => one.acknowledgement)).acknowledgement!;
  return { app, ...receiver, acknowledged };
}

/** A sender that is nothing but a socket. */
async function sender(
  port: number,
): Promise<{ socket: Socket; received(): string; error(): string | undefined }> {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  let code: string | undefined;
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code;
  });
  onCleanup(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(request);
  return { socket, received: () => text, error: () => code };
}

/** Whether the sender's connection ends by a TCP RST, without a byte of an answer. */
async function expectReset(port: number): Promise<void> {
  const { socket, received, error } = await sender(port);
  await waitFor(() => socket.closed, { what: 'the connection to end' });
  // A proper end (FIN) closes without an error; only an RST gives this one.
  expect([error(), received()]).toEqual(['ECONNRESET', '']);
}

describe('in place of the app', () => {
  test('status: the sender gets it, the app nothing', async () => {
    const { app, port, acknowledged, attempts } = await start('status=503:1');
    const { status, body: text } = await post(port, body);
    expect([status, JSON.parse(text.toString())]).toEqual([503, { error: 'a fault that was asked for' }]);
    expect(await acknowledged()).toMatchObject({ status: 503, by: 'tool', faults: ['status=503'] });
    expect(await attempts(0)).toEqual([]);
    expect((await post(port, body)).status).toBe(201);
    expect(app.requests).toHaveLength(1);
    expect(await acknowledged()).not.toHaveProperty('faults');
  });

  test('reset: a TCP RST', async () => {
    const { app, port, acknowledged, deliveries } = await start('reset:1');
    await expectReset(port);
    expect(await acknowledged()).toMatchObject({
      status: null,
      by: 'nobody',
      note: 'the connection was reset, on purpose',
      faults: ['reset'],
    });
    expect((await post(port, body)).status).toBe(201);
    expect(app.requests).toHaveLength(1);
    // Also when all is over nobody has corrected the first record.
    expect(deliveries()[0]!.acknowledgement!.faults).toEqual(['reset']);
  });

  test('hang: no answer as long as the sender waits', async () => {
    const { app, port, acknowledged, deliveries } = await start('hang:1');
    const { socket, received } = await sender(port);
    expect(await acknowledged()).toMatchObject({
      status: null,
      by: 'nobody',
      note: 'left without an answer, on purpose',
      faults: ['hang'],
    });
    expect((await post(port, body)).status).toBe(201);
    expect([received(), socket.closed, app.requests.length]).toEqual(['', false, 1]);
    socket.destroy();
    expect((await post(port, body)).status).toBe(201);
    expect(deliveries()[0]!.acknowledgement!.note).toMatch(/on purpose/);
  });
});

describe('lost-ack: the app works, the sender sees a failure', () => {
  test.each([
    ['lost-ack:1', 504, 'lost-ack'],
    ['lost-ack=500:1', 500, 'lost-ack=500'],
  ])('%s', async (faults, expected, recorded) => {
    const { app, port, acknowledged, attempts } = await start(faults);
    expect((await post(port, body)).status).toBe(expected);
    expect(app.requests.map((got) => got.body.toString())).toEqual([body]);
    expect((await attempts(1))[0]!.outcome).toMatchObject({ kind: 'response', status: 201 });
    expect(await acknowledged()).toMatchObject({ status: expected, by: 'tool', faults: [recorded] });
    // The sender tries again: the app gets it twice.
    expect((await post(port, body)).status).toBe(201);
    expect(app.requests).toHaveLength(2);
  });

  test('by a reset', async () => {
    const { app, port, acknowledged, deliveries } = await start('lost-ack=reset:1');
    await expectReset(port);
    expect(app.requests).toHaveLength(1);
    expect(await acknowledged()).toMatchObject({ status: null, faults: ['lost-ack=reset'] });
    expect((await post(port, body)).status).toBe(201);
    expect(deliveries()[0]!.acknowledgement!.note).toBe('the connection was reset, on purpose');
  });

  test('also when the sender is not to wait for the app', async () => {
    const { app, port, acknowledged } = await start('lost-ack:1', { ack: 'now' });
    expect((await post(port, body)).status).toBe(504);
    expect(await acknowledged()).toMatchObject({ status: 504, faults: ['lost-ack'] });
    await app.received(1);
  });
});

describe('sender.delay: the answer comes later', () => {
  test('than the app gave it', async () => {
    const { port, store, acknowledged } = await start('sender.delay=100ms');
    const ends: string[] = [];
    store.subscribe(({ type, ...change }) => {
      if ('attempt' in change && change.attempt.outcome.kind === 'response') ends.push('app answered');
      if (type === 'acknowledgement') ends.push('sender answered');
    });
    const { status, body: text } = await post(port, body);
    expect([status, text.toString()]).toEqual([201, 'done']);
    expect(await acknowledged()).toMatchObject({ by: 'app', faults: ['sender.delay=100ms'] });
    await waitFor(() => ends.length > 1, { what: 'both to be told' });
    expect(ends).toEqual(['app answered', 'sender answered']);
  });

  test('than the sender waits', async () => {
    const { app, port, acknowledged } = await start('sender.delay=1h');
    const client = await RawClient.open(port);
    client.write(request);
    await app.received(1);
    client.leave();
    expect(await acknowledged()).toMatchObject({
      status: null,
      note: 'the sender went away before it was answered',
      faults: ['sender.delay=60m'],
    });
  });

  test('with another fault: both are recorded, once the sender has its answer', async () => {
    const { port, acknowledged } = await start('sender.delay=100ms status=500');
    expect((await post(port, body)).status).toBe(500);
    expect((await acknowledged()).faults).toEqual(['sender.delay=100ms', 'status=500']);
    const { port: other, acknowledged: hung } = await start('sender.delay=50ms hang');
    const { socket } = await sender(other);
    expect(await hung()).toMatchObject({
      faults: ['sender.delay=50ms', 'hang'],
      note: expect.stringMatching(/purpose/),
    });
    expect(socket.closed).toBe(false);
  });
});

describe('a fault is drawn only where it can strike', () => {
  test('not for what is refused anyway', async () => {
    const { port, acknowledged } = await start('status=503:1', { maxBody: 50 });
    expect((await post(port, 'x'.repeat(51))).status).toBe(413);
    expect(await acknowledged()).not.toHaveProperty('faults');
    expect((await post(port, body)).status).toBe(503);
  });

  test('not for a sender that goes away in the middle of its request', async () => {
    const { port, acknowledged } = await start('status=503:1');
    const client = await RawClient.open(port);
    client.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    client.leave();
    expect(await acknowledged()).not.toHaveProperty('faults');
    expect((await post(port, body)).status).toBe(503);
  });
});

test('without an app they strike as well', async () => {
  const { port, newest } = await startReceiver({ faults: 'lost-ack:1 status=500:1' });
  expect((await post(port, body)).status).toBe(500);
  expect((await newest()).acknowledgement!.faults).toContain('status=500');
});

test('faults can be changed while the tool runs', async () => {
  const { port, dispatcher } = await start('');
  expect((await post(port, body)).status).toBe(201);
  dispatcher.liveFaults = FaultSet.parse('status=502', 1);
  expect((await post(port, body)).status).toBe(502);
});

test('--ack now: a bug behind the sender is not an unhandled rejection that ends the tool', async () => {
  const broken = new Error('a bug');
  const bugs: unknown[] = [];
  let failures = 1;
  const { app, port } = await start('', {
    ack: 'now',
    onBug: (error) => void bugs.push(error),
    wrapStore: (store) =>
      withMethods(store, {
        startAttempt(attempt) {
          if (failures-- > 0) throw broken;
          return store.startAttempt(attempt);
        },
      }),
  });
  // vitest fails the run on an unhandled rejection.
  expect((await post(port, body)).status).toBe(200);
  expect((await post(port, body)).status).toBe(200);
  await app.received(1);
  expect(bugs).toEqual([broken]);
});
