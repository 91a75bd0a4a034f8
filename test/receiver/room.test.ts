import { describe, expect, test } from 'vitest';
import { Room } from '../../src/receiver/room.ts';
import { waitFor } from '../support/wait.ts';
import { RawClient } from './raw-client.ts';
import { startReceiver } from './start.ts';

const kb = 1024;
const free = 256 * kb; // what every request may bring
const never = new AbortController().signal;
const long = 60_000;

/** Whether a promise is settled by now. */
const isSettled = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((r) => setImmediate(() => r(false)))]);

describe('room for large bodies', () => {
  test('is bounded, given back, and never too little for a small one', () => {
    const room = new Room(1000 * kb, long);
    const [one, two] = [room.place(), room.place()];
    expect(one.grow(free + 600 * kb)).toBe(true);
    expect(two.grow(free + 400 * kb)).toBe(true);
    expect(two.grow(free + 400 * kb + 1)).toBe(false);
    expect(room.place().grow(free)).toBe(true);
    one.free();
    expect(two.grow(free + 1000 * kb)).toBe(true);
  });

  test('what was reserved is there, however the body grows', async () => {
    const room = new Room(1000 * kb, long);
    const [one, two] = [room.place(), room.place()];
    expect(await one.reserve(free + 900 * kb, never)).toBe(true);
    expect(two.grow(free + 200 * kb)).toBe(false);
    expect(one.grow(free + 10 * kb)).toBe(true);
    expect(two.grow(free + 200 * kb)).toBe(false);
  });

  test('is waited for in the order of asking; small ones pass those who wait', async () => {
    const room = new Room(1000 * kb, long);
    const places = [1000, 800, 300, 200].map((size) => ({ place: room.place(), size: free + size * kb }));
    const entered = places.map(({ place, size }) => place.reserve(size, never));
    expect(await Promise.all(entered.map(isSettled))).toEqual([true, false, false, false]);
    expect(await room.place().reserve(free, never)).toBe(true);
    places[0]!.place.free();
    expect(await Promise.all(entered.map(isSettled))).toEqual([true, true, false, false]);
    places[1]!.place.free();
    expect(await Promise.all(entered)).toEqual([true, true, true, true]);
  });

  test('is not waited for without end, and who gives up lets the next in', async () => {
    const room = new Room(1000 * kb, long);
    room.place().grow(free + 500 * kb);
    const end = new AbortController();
    const large = room.place().reserve(free + 800 * kb, end.signal);
    const fitting = room.place().reserve(free + 300 * kb, never);
    expect(await isSettled(fitting)).toBe(false);
    end.abort();
    expect(await Promise.all([large, fitting])).toEqual([false, true]);

    const impatient = new Room(0, 1);
    expect(await impatient.place().reserve(free + 1, never)).toBe(false);
  });
});

describe('large bodies that come in at the same time', () => {
  const mb = 1024 * kb;
  const maxBody = 64 * mb;
  const start = () => startReceiver({ maxBody });
  /** Begins a request; the length of its body is announced unless it is null. */
  const begin = async (port: number, length: number | null): Promise<RawClient> => {
    const framing = length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
    return (await RawClient.open(port)).write(`POST /${length} HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n`);
  };
  /** What announces all the bytes that there is room for. */
  const fill = (port: number): Promise<RawClient[]> =>
    Promise.all([begin(port, maxBody), begin(port, maxBody)]);

  test('wait unread until another has gone, while small ones pass', async () => {
    const { port, deliveries, newest } = await start();
    const [first] = await fill(port);
    const waiting = (await begin(port, mb)).write(Buffer.alloc(mb));
    expect((await (await begin(port, 2)).write('ok').response()).status).toBe(200);
    expect(deliveries().map(({ target }) => target)).toEqual(['/2']);
    first!.leave();
    expect((await waiting.response()).status).toBe(200);
    expect((await newest(({ intake }) => intake === 'complete')).body).toHaveLength(mb);
  });

  test('are told to try again where their length was not known', async () => {
    const { port, newest } = await start();
    await fill(port);
    const client = await begin(port, null);
    client.write(`${mb.toString(16)}\r\n`, Buffer.alloc(mb));
    const busy = await client.response();
    expect([busy.status, busy.header('retry-after')]).toEqual([503, '2']);
    await newest(({ intake }) => intake === 'refused');
  });

  test('and go away while they wait are known to have done so', async () => {
    const { port, deliveries } = await start();
    const clients = await fill(port);
    const waiting = await begin(port, mb);
    await (await begin(port, 0)).response(); // by now the one before it waits
    for (const client of [waiting, ...clients]) client.leave();
    await waitFor(() => deliveries().length === 4);
    expect(deliveries().map(({ intake }) => intake)).toEqual(['complete', 'aborted', 'aborted', 'aborted']);
  });
});
