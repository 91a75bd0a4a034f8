import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import { expect, test } from 'vitest';
import { onCleanup } from '../support/cleanup.ts';
import { startCli } from '../support/cli.ts';
import { residentMb } from '../support/process.ts';
import { waitFor } from '../support/wait.ts';

/** So many are a matter of the longer run: what would be lost, or be kept, shows in a fifth of them as well. */
const count = process.env.TEST_ALL === '1' ? 10_000 : 2_000;

/** A handler that counts how often it was told of each job. */
async function startHandler(): Promise<{ url: string; told: Map<string, number> }> {
  const told = new Map<string, number>();
  const server = createServer(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const { job_id } = JSON.parse(body) as { job_id: string };
    told.set(job_id, (told.get(job_id) ?? 0) + 1);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onCleanup(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, told };
}

test(`${count} jobs are submitted and delivered by one process, none is lost, and memory is bounded`, async () => {
  const { url, told } = await startHandler();
  const cli = startCli(['--job-time', '50ms-2s', '--keep', '20000'], { command: 'emulate' });
  const { emulatorUrl } = await cli.ready;
  const dispatcher = new Agent({ connections: 20 });
  onCleanup(() => dispatcher.close());
  const ids = new Set<string>();
  let next = 0;
  const submit = async (): Promise<void> => {
    while (next < count) {
      const metadata = { n: next++ };
      const answer = await request(`${emulatorUrl}/parse_async`, {
        ...{ dispatcher, method: 'POST' },
        headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
        body: JSON.stringify({
          input: 'https://example.com/a.pdf',
          async: { webhook: { mode: 'direct', url }, metadata },
        }),
      });
      expect(answer.statusCode).toBe(200);
      ids.add(((await answer.body.json()) as { job_id: string }).job_id);
    }
  };
  await Promise.all(Array.from({ length: 20 }, submit));
  await waitFor(() => told.size >= count, { timeoutMs: 120_000, what: 'every job delivered' });
  const acknowledged = () => cli.events.filter(({ type }) => type === 'acknowledgement').length;
  await waitFor(() => acknowledged() >= count, { timeoutMs: 60_000, what: 'every delivery acknowledged' });

  expect(ids.size).toBe(count);
  expect(new Set(told.keys())).toEqual(ids);
  expect([...told.values()].filter((times) => times !== 1)).toEqual([]);
  const deliveries = cli.events.flatMap(({ type, delivery }) =>
    type === 'delivery' ? [(delivery as { jobId: string }).jobId] : [],
  );
  expect(deliveries).toHaveLength(count);
  expect(new Set(deliveries)).toEqual(ids);
  const memory = residentMb(cli.pid, 'VmHWM');
  expect(memory).toBeLessThan(600);
}, 240_000);
