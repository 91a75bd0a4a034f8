import { describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { waitFor } from '../support/wait.ts';
import { post, RawClient } from './raw-client.ts';
import { gate, startReceiver, withMethods } from './start.ts';

const head = (length: number | 'chunked'): string =>
  `POST /big HTTP/1.1\r\nHost: x\r\n${length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`}\r\n\r\n`;

describe('a body over the limit', () => {
  test('is told so with 413, kept with what was read, and kept from the app', async () => {
    const app = await startApp();
    const { port, newest } = await startReceiver({ maxBody: 1000, endpoints: [app.url] });
    const response = await post(port, 'x'.repeat(1001), { target: '/big' });
    expect(response.status).toBe(413);
    expect(JSON.parse(response.body.toString()).error).toMatch(/1000 B.*--max-body/);
    const delivery = await newest();
    expect(delivery).toMatchObject({
      target: '/big',
      intake: 'too-large',
      acknowledgement: { status: 413, by: 'tool' },
    });
    expect(Buffer.from(delivery.body).toString()).toBe('x'.repeat(1000));
    // The app would have got it before this one.
    await post(port, 'small');
    expect(app.requests.map(({ body }) => body.toString())).toEqual(['small']);
  });

  test('is a body of one byte more: at the limit it passes', async () => {
    const { port, newest } = await startReceiver({ maxBody: 1000 });
    expect((await post(port, 'x'.repeat(1000))).status).toBe(200);
    expect((await newest()).intake).toBe('complete');
  });

  test('may be chunked, without a length to know it by', async () => {
    const { port, newest } = await startReceiver({ maxBody: 10 });
    const client = await RawClient.open(port);
    client.write(head('chunked'), '8\r\n12345678\r\n');
    client.write('8\r\nabcdefgh\r\n', '0\r\n\r\n');
    expect((await client.response()).status).toBe(413);
    const delivery = await newest();
    expect(delivery.intake).toBe('too-large');
    expect(Buffer.from(delivery.body).toString()).toBe('12345678ab');
  });

  test('leaves the sender time to finish writing, and the connection usable', async () => {
    const { port, deliveries } = await startReceiver({ maxBody: 1000 });
    const client = await RawClient.open(port);
    const size = 5 * 1024 * 1024;
    client.write(head(size), Buffer.alloc(size));
    expect((await client.response()).status).toBe(413);
    client.write('POST /next HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok');
    expect((await client.response()).status).toBe(200);
    expect(deliveries().map(({ intake, body }) => [intake, body.length])).toEqual([
      ['too-large', 1000],
      ['complete', 2],
    ]);
  });

  test('is answered while the sender is still writing', async () => {
    const { port } = await startReceiver({ maxBody: 10 });
    const client = await RawClient.open(port);
    client.write(head(1_000_000), 'more than ten bytes');
    expect((await client.response()).status).toBe(413);
  });

  test('is 413 to a well-behaved HTTP client as well', async () => {
    const { port } = await startReceiver({ maxBody: 1000 });
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(3_000_000) });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toHaveProperty('error');
  });
});

// Those of over 256 KB have their place in memory before they come.
test.each([256 * 1024, 256 * 1024 + 1, 900_000])(
  'a body of %d bytes is kept to the byte, however it comes in',
  async (size) => {
    const body = Buffer.from(Array.from({ length: size }, (_, i) => i % 251));
    const { port, newest } = await startReceiver({ maxBody: 900_000 });
    const send = async (length: number | 'chunked', ...parts: (Buffer | string)[]): Promise<RawClient> => {
      const client = await RawClient.open(port);
      client.write(head(length), ...parts);
      return client;
    };
    const chunked = [`${size.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'];
    for (const client of [await send(size, body), await send('chunked', ...chunked)]) {
      expect((await client.response()).status).toBe(200);
      expect(Buffer.compare((await newest()).body, body)).toBe(0);
    }
    const left = await send(size, body.subarray(0, size - 1000));
    await waitFor(() => left.socket.bytesWritten >= size - 1000);
    left.socket.end();
    const aborted = await newest(({ intake }) => intake === 'aborted');
    expect(Buffer.compare(aborted.body, body.subarray(0, aborted.body.length))).toBe(0);
    const more = Buffer.concat(Array.from({ length: 4 }, () => body));
    const long = await send(more.length, more);
    expect((await long.response()).status).toBe(413);
    const cut = await newest(({ intake }) => intake === 'too-large');
    expect(Buffer.compare(cut.body, more.subarray(0, 900_000))).toBe(0);
  },
);

describe('a sender that goes away', () => {
  test('mid-body leaves an aborted delivery with what came, which the app does not get', async () => {
    const app = await startApp();
    const { port, newest } = await startReceiver({ endpoints: [app.url] });
    const client = await RawClient.open(port);
    client.write(head(100), 'only the beginning');
    // Whoever is answered on another connection proves that the bytes before it were read.
    await post(port);
    client.leave();
    const delivery = await newest(({ intake }) => intake === 'aborted');
    expect(Buffer.from(delivery.body).toString()).toBe('only the beginning');
    expect(delivery.acknowledgement).toMatchObject({
      status: null,
      by: 'nobody',
      note: 'the sender went away after 18 of 100 bytes',
    });
    expect(app.requests).toHaveLength(1);
  });

  test('by closing its half of the connection mid-body is aborted as well', async () => {
    const { port, newest } = await startReceiver();
    const client = await RawClient.open(port);
    client.write(head('chunked'), '5\r\nhello\r\n');
    client.socket.end();
    const delivery = await newest();
    expect(delivery.intake).toBe('aborted');
    expect(Buffer.from(delivery.body).toString()).toBe('hello');
    expect(delivery.acknowledgement?.note).toBe('the sender went away after 5 bytes');
  });

  test('while the app works: the acknowledgement says so, and the attempt is recorded all the same', async () => {
    const worked = gate();
    const app = await startApp(async () => {
      await worked.passed;
      return { status: 201 };
    });
    const { port, newest, attempts } = await startReceiver({ endpoints: [app.url] });
    const client = await RawClient.open(port);
    client.write(head(2), 'hi');
    await app.received(1);
    client.leave();
    const lost = await newest(({ acknowledgement }) => acknowledgement);
    expect(lost.acknowledgement).toMatchObject({ status: null, by: 'nobody' });
    expect(lost.acknowledgement?.note).toMatch(/went away/);
    worked.open();
    expect((await attempts(1))[0]).toMatchObject({ outcome: { kind: 'response', status: 201 } });
    // What the app answered in the end reached nobody, and does not claim to have.
    expect((await newest()).acknowledgement?.status).toBeNull();
  });

  test('while the delivery is being written: the acknowledgement says so', async () => {
    const [arrived, written] = [gate(), gate()];
    const { port, deliveries } = await startReceiver({
      wrapStore: (store) =>
        withMethods(store, {
          startDelivery(fresh, owedTo) {
            const { delivery, stored } = store.startDelivery(fresh, owedTo);
            if (fresh.target !== '/big') return { delivery, stored };
            arrived.open();
            return { delivery, stored: written.passed.then(() => stored) };
          },
        }),
    });
    const client = await RawClient.open(port);
    client.write(head(2), 'hi');
    await arrived.passed;
    client.leave();
    // Once a later sender was served, the receiver knows that this one has gone.
    await post(port);
    written.open();
    const lost = await waitFor(() =>
      deliveries().find(
        ({ target, acknowledgement }) => target === '/big' && acknowledgement?.status === null,
      ),
    );
    expect(lost.acknowledgement).toMatchObject({ by: 'nobody', note: expect.stringMatching(/went away/) });
  });
});
