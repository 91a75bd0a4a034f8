import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { later, listensLater } from '../../src/core/later.ts';

test('a handler is made once, when it is first needed, by whoever asks at the same time', async () => {
  const [made, seen] = [[] as number[], [] as string[]];
  const handle = later(async () => {
    made.push(1);
    return (text: string) => seen.push(text);
  });
  expect(made).toEqual([]);
  await Promise.all([handle('a'), handle('b')]);
  await handle('c');
  expect(made).toEqual([1]);
  expect(seen).toEqual(['a', 'b', 'c']);
});

test('a server whose handler can not be made says so, each time, and goes on', async () => {
  const server = createServer(
    listensLater(() => Promise.reject(new Error('a file of this tool is gone: start it anew'))),
  );
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  for (const method of ['GET', 'POST']) {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      ...{ method, body: method === 'POST' ? 'x'.repeat(100_000) : null },
    });
    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe('a file of this tool is gone: start it anew');
  }
});
