import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { LineWriter } from '../../src/cli/line-writer.ts';
import { waitFor } from '../support/wait.ts';

/** A reader that takes what comes when it is told to. */
class Reader extends Writable {
  text = '';
  longest = 0;
  #taken: (() => void)[] = [];
  constructor(public open: boolean) {
    super({ highWaterMark: 1000, decodeStrings: true });
  }
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    this.longest = Math.max(this.longest, chunk.length);
    if (this.open) done();
    else this.#taken.push(done);
  }
  take(): void {
    this.open = true;
    for (const done of this.#taken.splice(0)) done();
  }
}

const lines = (reader: Reader): string[] => reader.text.split('\n').slice(0, -1);
const fail = (why: string): never => {
  throw new Error(why);
};

describe('lines', () => {
  test('that are long are made in one turn and written in another: others come between', async () => {
    const reader = new Reader(true);
    let between: string | null = null;
    new LineWriter(reader, fail).write(() => {
      setImmediate(() => {
        between = reader.text;
      });
      return 'x'.repeat(1_000_000);
    });
    await waitFor(() => lines(reader).length === 1);
    expect(between).toBe('');
  });

  test('are written in order, whether they are made at once or later', async () => {
    const reader = new Reader(true);
    const writer = new LineWriter(reader, fail);
    writer.write(() => 'a');
    await Promise.resolve();
    expect(reader.text).toBe('a\n'); // in this turn
    writer.write(async () => 'b');
    writer.write(() => null);
    writer.write(() => 'c');
    await waitFor(() => lines(reader).length === 3);
    expect(lines(reader)).toEqual(['a', 'b', 'c']);
    expect(writer.idle).toBe(true);
  });

  test('are not made before the reader has taken those in front of them', async () => {
    const reader = new Reader(false);
    const writer = new LineWriter(reader, fail);
    let made = 0;
    for (let i = 0; i < 1000; i++)
      writer.write(() => {
        made += 1;
        return `${i}`.padEnd(600);
      });
    await Promise.resolve();
    expect(made).toBeLessThan(20);
    expect(writer.idle).toBe(false);
    reader.take();
    await waitFor(() => lines(reader).length === 1000);
    expect(lines(reader).map(Number)).toEqual([...Array(1000).keys()]);
  });

  test('that are told in one go are written in one go', async () => {
    const reader = new Reader(true);
    let writes = 0;
    const write = reader.write.bind(reader);
    reader.write = ((text: string) => {
      writes += 1;
      return write(text);
    }) as typeof reader.write;
    const writer = new LineWriter(reader, fail);
    for (let i = 0; i < 50; i++) writer.write(() => `${i}`);
    await Promise.resolve();
    expect([writes, lines(reader).length]).toEqual([1, 50]);
  });

  test('that are long go in pieces', async () => {
    const reader = new Reader(true);
    const writer = new LineWriter(reader, fail);
    const long = 'ü'.repeat(500_000);
    writer.write(() => long);
    writer.write(() => 'end');
    await waitFor(() => lines(reader).length === 2);
    expect(lines(reader)).toEqual([long, 'end']);
    expect(reader.longest).toBeLessThanOrEqual(64 * 1024);
  });

  test('are no longer written, and it is said once, when the reader is lost or far behind', () => {
    const told: string[] = [];
    const reader = new Reader(false);
    const writer = new LineWriter(reader, (why) => told.push(why));
    for (let i = 0; i < 100_010; i++) writer.write(() => 'x'.repeat(2000));
    expect(told).toEqual([expect.stringContaining('100000 lines behind')]);
    writer.lost('EPIPE');
    writer.write(() => fail('made'));
    expect(told).toHaveLength(1);
  });

  test('that can not be made are told as the end of them', async () => {
    const told: string[] = [];
    const writer = new LineWriter(new Reader(true), (why) => told.push(why));
    writer.write(() => fail('no such delivery'));
    await waitFor(() => told.length === 1);
    expect(told).toEqual(['no such delivery']);
  });
});
