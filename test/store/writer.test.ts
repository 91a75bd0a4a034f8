import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { GroupWriter } from '../../src/store/writer.ts';

afterEach(() => void vi.useRealTimers());

/** A writer whose commits take 4 ms each, and how many writes each had. */
function start() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const groups: number[] = [];
  let written = 0;
  const transaction = (work: () => void): void => {
    written = 0;
    work();
    groups.push(written);
    vi.advanceTimersByTime(4);
  };
  const writer = new GroupWriter({ transaction } as never, () => undefined);
  const write = (): Promise<void> =>
    writer.enqueue(() => {
      written += 1;
    });
  return { writer, write, groups };
}

test('after a commit for many the next one waits as long as that took, and takes those who come meanwhile', async () => {
  const { write, groups } = start();
  await Promise.all([write(), write(), write()]);
  const later = [write()];
  for (let i = 0; i < 3; i += 1) {
    await turn();
    later.push(write());
  }
  expect(groups).toEqual([3]);
  vi.advanceTimersByTime(4);
  await Promise.all(later);
  expect(groups).toEqual([3, 4]);
});

test('who is alone never waits, whatever else is written besides', async () => {
  const { writer, write, groups } = start();
  for (let i = 0; i < 3; i += 1) {
    for (let j = 0; j < 5; j += 1) void writer.enqueue(() => undefined, false);
    await write();
  }
  expect(groups).toEqual([1, 1, 1]);
});

test('a flush does not wait, nor does what it leaves', async () => {
  const { writer, write, groups } = start();
  await Promise.all([write(), write(), write()]);
  const one = write();
  writer.flush();
  await one;
  expect(groups).toEqual([3, 1]);
  await write();
  expect(groups).toEqual([3, 1, 1]);
});
