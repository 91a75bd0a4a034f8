import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FaultSet } from '../../src/core/faults/fault-set.ts';
import { startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';
import { callCli, startCli } from '../support/cli.ts';
import { newDelivery } from '../support/deliveries.ts';
import { startBench } from './commands/context.ts';

/** Has a process kill itself before its first note of a delivery on its way (0), or right after the nth. */
const killedAtNote = (nth: number): Record<string, string> => {
  const program = `import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const write = fs.writeSync;
    let notes = 0;
    const killAt = (n) => { if (n === ${nth}) process.kill(process.pid, 'SIGKILL'); };
    fs.writeSync = (fd, bytes, from, length, at) => {
      if (length !== 8 || fs.fstatSync(fd).size !== 8 * 65_536) return write(fd, bytes, from, length, at);
      killAt(notes);
      const written = write(fd, bytes, from, length, at);
      killAt(++notes);
      return written;
    };
    syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(program)}` };
};

test.each([
  ['before it is noted that it goes out', 0, 'forwarded now', 1, ['200']],
  ['between that note and the bytes', 1, 'may or may not have reached the app (#1)', 0, ['maybe-sent']],
  ['after the bytes', 2, null, 1, ['interrupted']],
])('kill -9 %s: told where it has to be, sent once at most', async (_moment, nth, told, got, labels) => {
  const app = await startApp('hang');
  const args = [app.url, '--ack', 'now'];
  const cli = startCli(args, { env: killedAtNote(nth) });
  const { receiverUrl } = await cli.ready;
  const body = JSON.stringify({ status: 'Completed', job_id: 'a', metadata: null });
  await fetch(receiverUrl, { method: 'POST', body }).catch(() => null); // killed before it answers, perhaps
  expect((await cli.exited).signal).toBe('SIGKILL');
  if (nth === 2) await app.received(1);
  app.answer = {};
  const again = startCli(args, { dataDir: cli.dataDir });
  await again.ready;
  if (told !== null) await again.waitFor('error', ({ message }) => String(message).includes(told));
  await app.received(got);
  await again.stop();
  expect(again.events.filter(({ code }) => code === 'last-run')).toHaveLength(told === null ? 0 : 1);
  expect(app.requests).toHaveLength(got);
  const found = await Promise.all(
    labels.map((label) =>
      callCli(['list', '--filter', `outcome:${label}`, '--output', 'json'], { dataDir: cli.dataDir }),
    ),
  );
  for (const { stdout } of found) expect(stdout).toContain('"jobId":"a"');
});

test.each([
  ['before a byte went out is still owed', 'delay=1h', [1]],
  ['when the app had all of it is not', '', []],
])('a forward that the end of the tool cuts short %s', async (_when, faults, owed) => {
  const app = await startApp('hang');
  const bench = startBench({ endpoints: [app.url] });
  bench.dispatcher.liveFaults = FaultSet.parse(faults, 1);
  const delivery = await bench.store.addDelivery(newDelivery('{}'), [app.url]);
  const forwarding = bench.dispatcher.forward(delivery, bench.dispatcher.endpoints);
  await setImmediate(); // it has passed the gate
  if (faults === '') await app.received(1);
  await bench.dispatcher.close();
  await forwarding;
  expect(bench.store.attempts(1)).toMatchObject([{ outcome: { code: 'cancelled' } }]);
  expect(bench.store.owed().map(({ seq }) => seq)).toEqual(owed);
});

test('a forward of which the app has a part when the tool ends is still owed', async () => {
  const server = createServer((socket) => {
    onCleanup(() => socket.destroy());
    socket.on('error', () => undefined).once('data', () => socket.pause());
  });
  server.listen(0, '127.0.0.1');
  onCleanup(() => server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bench = startBench({ endpoints: [url] });
  // More than the system holds between the two.
  const delivery = await bench.store.addDelivery(newDelivery('x'.repeat(30_000_000)), [url]);
  const [[socket]] = await Promise.all([
    once(server, 'connection') as Promise<[Socket]>,
    bench.dispatcher.dispatch(delivery, 'forward'),
  ]);
  await once(socket, 'data');
  await bench.dispatcher.close();
  expect(bench.store.attempts(1)).toMatchObject([{ outcome: { code: 'cancelled' } }]);
  expect(bench.store.owed()).toHaveLength(1);
});
