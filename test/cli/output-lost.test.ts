import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { runCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';

const bin = join(import.meta.dirname, '../../bin/reducto-webhook-dev.js');

/** Starts `listen` with a stdout of the test's choice, and waits until it takes requests. */
async function listen(output: string, stdout: 'pipe' | number) {
  const dataDir = tempDir();
  const args = [
    bin,
    'listen',
    '--output',
    output,
    '--port',
    '0',
    '--tunnel',
    'none',
    '--inspector-port',
    '0',
    '--data',
    dataDir,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'pipe'] });
  onCleanup(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await waitFor(() => {
    try {
      return (JSON.parse(readFileSync(join(dataDir, 'listen.lock'), 'utf8')) as { port?: number }).port;
    } catch {
      return undefined; // not there yet, or half written
    }
  });
  const post = async (job: string, text = ''): Promise<number> => {
    const body = JSON.stringify({ status: 'Completed', job_id: job, metadata: { text } });
    return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).status;
  };
  return { child, dataDir, post, exited, stderr: () => stderr };
}

describe.each(['json', 'plain'])('listen --output %s', (output) => {
  test('goes on, and says so, when its reader goes away', async () => {
    const { child, dataDir, post, exited, stderr } = await listen(output, 'pipe');
    child.stdout!.destroy();
    for (let i = 0; i < 5; i++) expect(await post(`job-${i}`)).toBe(200);
    await waitFor(() => stderr() !== '');
    expect(stderr()).toMatch(/^The output can't be written any more \(EPIPE\)[^\n]*\n$/);
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    const { stdout } = await runCli(['list', '--output', 'json'], { dataDir });
    expect(stdout.trim().split('\n')).toHaveLength(5);
  });

  test('goes on when the disk of its log is full', async () => {
    const { child, post, exited, stderr } = await listen(output, openSync('/dev/full', 'w'));
    for (let i = 0; i < 3; i++) expect(await post(`job-${i}`)).toBe(200);
    await waitFor(() => stderr() !== '');
    expect(stderr()).toMatch(/^The output can't be written any more \(ENOSPC\)[^\n]*\n$/);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});

test('a reader that stops is told everything once it reads again', async () => {
  const { child, post } = await listen('json', 'pipe');
  const text = 'x'.repeat(300_000);
  for (let i = 0; i < 20; i++) expect(await post(`job-${i}`, text)).toBe(200);
  let out = '';
  child.stdout!.on('data', (chunk) => (out += chunk));
  await waitFor(() => out.includes('job-19') && out.endsWith('\n'));
  const events = out
    .trim()
    .split('\n')
    .map(
      (line) => JSON.parse(line) as { type: string; delivery?: { jobId: string; body: { data: string } } },
    );
  const deliveries = events.flatMap(({ delivery }) => delivery ?? []);
  expect(deliveries.map(({ jobId }) => jobId)).toEqual(Array.from({ length: 20 }, (_, i) => `job-${i}`));
  expect(deliveries.every(({ body }) => body.data.includes(text))).toBe(true);
});

test('a command whose output can not be written says so and fails; one whose reader has had enough does not', async () => {
  const { dataDir, post, child, exited } = await listen('json', 'pipe');
  child.stdout!.resume();
  await post('job', 'x'.repeat(200_000));
  child.kill('SIGTERM');
  await exited;
  const show = (stdout: 'pipe' | number) =>
    spawn(process.execPath, [bin, 'show', 'last', '--data', dataDir, '--output', 'json'], {
      stdio: ['ignore', stdout, 'pipe'],
    });
  const full = show(openSync('/dev/full', 'w'));
  let stderr = '';
  full.stderr!.on('data', (chunk) => (stderr += chunk));
  expect(await new Promise((resolve) => full.once('close', resolve))).toBe(1);
  expect(stderr).toBe("reducto-webhook-dev: the output can't be written (ENOSPC).\n");
  const gone = show('pipe');
  gone.stdout!.destroy();
  expect(await new Promise((resolve) => gone.once('close', resolve))).toBe(0);
});
