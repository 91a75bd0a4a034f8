import { Agent, request } from 'node:http';
import { expect, test } from 'vitest';
import { onCleanup } from '../support/cleanup.ts';
import { runCli, startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';

const senders = 40;
const atLeast = 1000;

test('kill -9 under load loses no delivery that was acknowledged', async () => {
  const cli = startCli([]);
  const { receiverUrl } = await cli.ready;
  const agent = new Agent({ keepAlive: true, maxSockets: senders });
  onCleanup(() => agent.destroy());

  const acknowledged: string[] = [];
  let sent = 0;
  let killed = false;
  const post = (jobId: string): Promise<void> =>
    new Promise((resolve) => {
      const body = JSON.stringify({
        status: 'Completed',
        job_id: jobId,
        metadata: { filler: 'x'.repeat(900) },
      });
      const outgoing = request(receiverUrl, { method: 'POST', agent }, (response) => {
        if (response.statusCode === 200) acknowledged.push(jobId);
        response.resume().on('close', resolve);
      });
      outgoing.on('error', () => resolve()).end(body);
    });
  const sender = async (): Promise<void> => {
    while (!killed) {
      sent += 1;
      await post(`job-${sent}`);
    }
  };
  const load = Promise.all(Array.from({ length: senders }, sender));

  // A moment of chance, in the middle of the load.
  const moment = atLeast + Math.floor(Math.random() * 500);
  await waitFor(() => acknowledged.length >= moment, {
    timeoutMs: 25_000,
    what: `${moment} acknowledged deliveries`,
  });
  await cli.kill();
  killed = true;
  await load;

  const again = startCli([], { dataDir: cli.dataDir });
  const restarted = await again.ready;
  expect(again.stderr()).toBe('');
  const { stdout } = await runCli(['list', '--limit', '10000', '--output', 'json'], { dataDir: cli.dataDir });
  const kept = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { jobId: string; seq: number; size: number });
  const ids = new Set(kept.map(({ jobId }) => jobId));
  expect(acknowledged.length).toBeGreaterThanOrEqual(atLeast);
  expect(acknowledged.filter((jobId) => !ids.has(jobId))).toEqual([]);
  // Nothing was written twice or by half.
  expect(ids.size).toBe(kept.length);
  expect(kept.length).toBeLessThanOrEqual(sent);
  // The next one has the next number.
  await fetch(restarted.receiverUrl, { method: 'POST', body: '{}' });
  const { delivery } = await again.waitFor('delivery');
  expect((delivery as { seq: number }).seq).toBe(kept[0]!.seq + 1);
}, 60_000);
