import { expect, test, vi } from 'vitest';
import { startCli } from '../support/cli.ts';
import { residentMb } from '../support/process.ts';
import { waitFor } from '../support/wait.ts';

vi.setConfig({ testTimeout: 120_000 });

test('what a burst took is given back once nothing comes any more, and again after the next', async () => {
  const cli = startCli([]);
  const { receiverUrl } = await cli.ready;
  const idle = residentMb(cli.pid);
  const metadata = { note: 'x'.repeat(900) };
  const burst = async (): Promise<void> => {
    let unsent = 4000;
    const send = async (): Promise<void> => {
      while (unsent-- > 0) {
        const body = JSON.stringify({ status: 'Completed', job_id: `job-${unsent}`, metadata });
        expect((await fetch(`${receiverUrl}/hook`, { method: 'POST', body })).status).toBe(200);
      }
    };
    await Promise.all(Array.from({ length: 50 }, send));
  };
  for (let time = 0; time < 2; time++) {
    await burst();
    const taken = residentMb(cli.pid) - idle; // 55 to 90, and would stay so
    const timeoutMs = 30_000;
    await waitFor(() => residentMb(cli.pid) - idle < 55, {
      timeoutMs,
      what: `${taken} MB to be less than 55`,
    });
  }
  await cli.stop();
});
