import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, callCli, runCli } from '../support/cli.ts';
import { startTerminal } from '../support/tmux.ts';

vi.setConfig({ testTimeout: 60_000 });

test('the delivery of a submitted job stands out, and v shows the job', async () => {
  const app = await startApp();
  const dataDir = tempDir();
  const terminal = await startTerminal(
    `node ${bin} ${app.port} --tunnel none --port 0 --emulate --emulator-port 0 --job-time 10ms --data ${dataDir}`,
    { columns: 100 },
  );
  onCleanup(() => terminal.kill());
  await terminal.waitFor('Waiting for the first delivery', 20_000);
  await callCli(['trigger', 'parse.failed'], { dataDir });
  await terminal.waitFor(/ 1 Failed/);

  const file = join(tempDir(), 'invoice.pdf');
  writeFileSync(file, 'no real one');
  const args = ['--emulator', '--metadata', 'user_id=7', '--secret', 's3cret'];
  expect(await runCli(['submit', file, ...args], { dataDir })).toMatchObject({ code: 0 });
  const list = await terminal.waitFor(/^»❯ .* 2 Completed .*user_id=7/m);
  expect(list).toMatch(/^ {3}.* 1 Failed/m);

  await terminal.press('v');
  const page = await terminal.waitFor(/Job \S+, as the emulator has it/);
  expect(page).toContain('"status": "Completed"');
  expect(page).not.toContain('s3cret');
  await terminal.press('Escape');
  await terminal.waitUntilGone('as the emulator has it');
  // The other one's job exists as well, since an emulator runs; a delivery without a job has nothing to show.
  await terminal.press('j', 'v');
  await terminal.waitFor('"status": "Failed"');
  await terminal.press('Escape');
  await terminal.waitUntilGone('as the emulator has it');
  await terminal.press('q');
});
