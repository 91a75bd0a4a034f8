import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, callCli, runCli } from '../support/cli.ts';
import { startTerminal } from '../support/tmux.ts';
import { waitFor } from '../support/wait.ts';

// The story takes its time, so that people can read it.
vi.setConfig({ testTimeout: 120_000 });

test('tells its story in lines: what happens, what the app says, what it comes to', async () => {
  const [temporary, home] = [tempDir(), join(tempDir(), 'home')];
  const { code, stdout, stderr } = await runCli(['demo', '--output', 'plain'], {
    env: { TMPDIR: temporary, REDUCTO_WEBHOOK_DEV_HOME: home },
  });
  expect([code, stderr]).toEqual([0, '']);
  for (let step = 1; step <= 5; step++) expect(stdout).toMatch(new RegExp(`^--- ${step}/5 {2}\\S`, 'm'));
  const at = (text: RegExp): number => stdout.search(text);
  // A duplicate, a failed job, two failures and the retry that is taken, a lost answer: in this order.
  const told = [
    /app: invoice for job (\w+): charged once/,
    /The app says: invoice for job \w+: charged 2 times – a bug!/,
    /#\d+ {2}Failed {2}/,
    /The app says: job \w+ failed: nothing charged/,
    /sender got 503/,
    /The third try for job \w+ was taken, and charged once/,
    /sender got 504 \(.*fault lost-ack\)/,
    /^5 documents were charged for, 2 of them more than once:(\n {2}invoice for job \w+: charged 2 times){2}$/m,
  ].map(at);
  expect(told).not.toContain(-1);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(stdout).not.toContain('demo-secret');
  // Nothing is left behind, and the user's own history is not touched.
  expect(readdirSync(temporary)).toEqual([]);
  expect(existsSync(home)).toBe(false);
});

test('ends cleanly in the middle', async () => {
  const temporary = tempDir();
  const child = spawn(process.execPath, [bin, 'demo', '--output', 'plain'], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onCleanup(() => child.kill('SIGKILL'));
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const said = (): string => Buffer.concat(output).toString();
  await waitFor(() => said().includes('--- 3/5'), { timeoutMs: 30_000, what: 'the third step' });
  expect(readdirSync(temporary)).toHaveLength(1);
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(said()).toMatch(/3 documents were charged for, 1 of them more than once/);
  expect(readdirSync(temporary)).toEqual([]);
});

test('shows it on a terminal until the user quits', async () => {
  const temporary = tempDir();
  const terminal = await startTerminal(`node ${bin} demo`, { env: { TMPDIR: temporary } });
  onCleanup(() => terminal.kill());
  await terminal.waitFor(/demo 1\/5 {2}Three documents .* tells of each\.$/m, 20_000);
  await terminal.waitFor(/demo 2\/5.*\n +The app says: .* charged 2 times – a bug!$/m, 30_000);
  // The deliveries are there as any others; the one that came twice shows both attempts.
  await terminal.waitFor(/Completed +\w{8} +user=\S+ +\/webhook +✓ 200 .*×2/);
  await terminal.waitFor(/demo 5\/5.*\n +The app says: .* charged 2 times – a bug!$/m, 60_000);
  await terminal.waitFor(/Your turn: Enter opens, r replays.* q quits\.$/m, 20_000);
  // Something goes on coming in, and the keys work.
  await terminal.waitFor('user=order', 20_000);
  await terminal.press('Enter');
  await terminal.waitFor('Attempts');
  await terminal.press('Escape');
  await terminal.waitUntilGone('Attempts');
  await terminal.press('q');
  await terminal.waitFor(/documents were charged for, 2 of them more than once:/);
  await terminal.waitFor('init --lang node');
  await terminal.waitFor(/^PROMPT> *$/m);
  expect(readdirSync(temporary)).toEqual([]);
});

test('refuses another form of output', async () => {
  const { code, stderr } = await callCli(['demo', '--output', 'json']);
  expect([code, stderr]).toEqual([2, 'reducto-webhook-dev: --output: "json" is not tui or plain.\n']);
});
