import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { onCleanup } from '../support/cleanup.ts';
import { type RunningCli, runCli, startCli } from '../support/cli.ts';
import { freePort } from '../support/localtunnel-server.ts';
import { startRelayProcess } from '../support/relay-process.ts';
import { waitFor } from '../support/wait.ts';

/** What is sent in all, and how many senders there are. */
const inAll = 600;
const senders = 8;

test('relay and listener are killed and put to sleep under load: nothing acknowledged is lost, nothing is stored or sent twice', async () => {
  // What the app got, by name, with the time it takes to answer.
  const app = await startApp(() => ({ delayMs: Math.random() * 5 }));
  const port = await freePort();
  const flags = { port, args: ['--answer-within', '1s'] };
  let relay = await startRelayProcess(flags);
  const listen = (dataDir?: string): RunningCli =>
    startCli(
      [
        app.url,
        '--tunnel',
        'relay',
        '--relay',
        `http://127.0.0.1:${port}`,
        '--inbox',
        'box',
        '--keep',
        '10000',
      ],
      dataDir ? { dataDir } : {},
    );
  const isOpen = (cli: RunningCli) => cli.waitFor('tunnel', ({ state }) => state === 'open', 30_000);
  let listener = listen();
  await isOpen(listener);

  const acknowledged = new Set<string>();
  let sent = 0;
  let given = true;
  const sender = async (): Promise<void> => {
    while (given && sent < inAll) {
      const name = `job-${++sent}`;
      const body = JSON.stringify({ status: 'Completed', job_id: name });
      // Who gets no 2xx would send it again: under a name of its own here, so that each is sent once.
      const answer = await fetch(`http://127.0.0.1:${port}/in/box/webhook`, { method: 'POST', body }).catch(
        () => null,
      );
      if (answer?.ok) acknowledged.add(name);
      await answer?.arrayBuffer().catch(() => null);
    }
  };
  onCleanup(() => {
    given = false;
  });
  const load = Promise.all(Array.from({ length: senders }, sender));
  const after = (more: number): Promise<unknown> => {
    const until = Math.min(acknowledged.size + more, inAll * 0.9);
    return waitFor(() => acknowledged.size >= until || sent >= inAll, {
      timeoutMs: 60_000,
      what: `${until} acknowledged`,
    });
  };

  const relayDies = async (): Promise<void> => {
    await relay.kill();
    relay = await startRelayProcess({ ...flags, dataDir: relay.dataDir });
  };
  const listenerDies = async (): Promise<void> => {
    await listener.kill();
    await after(10);
    listener = listen(listener.dataDir);
    await listener.ready;
  };
  const listenerSleeps = async (): Promise<void> => {
    process.kill(listener.pid, 'SIGSTOP');
    try {
      await after(10);
    } finally {
      process.kill(listener.pid, 'SIGCONT');
    }
  };
  for (const harm of [listenerDies, relayDies, listenerSleeps, listenerDies, relayDies]) {
    await after(20 + Math.floor(Math.random() * 40));
    await harm();
  }
  await load;
  expect(acknowledged.size).toBeGreaterThan(100);

  // A listener has all of it at the end.
  await isOpen(listener);
  const list = async (): Promise<{ jobId: string; seq: number }[]> => {
    const { stdout } = await runCli(['list', '--limit', '10000', '--output', 'json'], {
      dataDir: listener.dataDir,
    });
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  const stored = await waitFor(
    async () => {
      const all = await list();
      const names = new Set(all.map(({ jobId }) => jobId));
      const missing = [...acknowledged].filter((name) => !names.has(name));
      if (missing.length > 0) throw new Error(`not stored: ${missing.slice(0, 10)} of ${missing.length}`);
      return all;
    },
    { timeoutMs: 40_000, what: 'all that was acknowledged' },
  );
  const twice = (names: readonly string[]): string[] => names.filter((name, i) => names.indexOf(name) !== i);
  expect(twice(stored.map(({ jobId }) => jobId))).toEqual([]);
  const gotOf = (): string[] =>
    app.requests.map(({ body }) => (JSON.parse(String(body)) as { job_id: string }).job_id);
  // What the app lacks is what may have reached it, and no more.
  const unsure = async (): Promise<string[]> => {
    const args = ['list', '--limit', '10000', '--filter', 'outcome:maybe-sent', '--output', 'json'];
    const { stdout } = await runCli(args, { dataDir: listener.dataDir });
    return stdout.trim() === ''
      ? []
      : stdout
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as { jobId: string }).jobId);
  };
  await waitFor(
    async () => {
      const got = new Set(gotOf());
      const excused = new Set(await unsure());
      const lacking = stored.map(({ jobId }) => jobId).filter((name) => !got.has(name) && !excused.has(name));
      if (lacking.length > 0) throw new Error(`the app lacks ${lacking.slice(0, 10)} of ${lacking.length}`);
      return true;
    },
    { timeoutMs: 40_000, what: 'all of it at the app' },
  );
  expect(twice(gotOf())).toEqual([]);
  expect((await unsure()).length).toBeLessThanOrEqual(2 * senders);
}, 180_000);
