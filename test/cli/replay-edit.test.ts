import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';

// `replay --edit` while the editor is open: the file may hold secrets, and nothing on its way is run by a shell.

interface Editing {
  /** The tool. */
  child: ReturnType<typeof spawn>;
  /** The file that is edited, and the editor's pid. */
  file: string;
  editor: number;
  work: string;
}

async function edit(temp: string): Promise<Editing> {
  const dataDir = tempDir();
  const listening = startCli([], { dataDir });
  const { receiverUrl } = await listening.ready;
  await fetch(receiverUrl, { method: 'POST', body: '{"status":"Completed","job_id":"a"}' });
  await listening.stop();
  const work = tempDir();
  const script = join(work, 'an editor');
  writeFileSync(
    script,
    `#!/bin/sh\necho "$1" "$$" "$2" > '${work}/opened.part'\nmv '${work}/opened.part' '${work}/opened'\nexec sleep 60\n`,
  );
  chmodSync(script, 0o755);
  const env = { ...process.env, VISUAL: '', EDITOR: `"${script}" --wait`, TMPDIR: temp };
  const child = spawn(process.execPath, [bin, 'replay', '1', '--edit', '--to', '9', '--data', dataDir], {
    ...{ cwd: work, env, stdio: 'ignore' },
  });
  onCleanup(() => child.kill('SIGKILL'));
  await waitFor(() => existsSync(join(work, 'opened')), { what: 'the editor' });
  const [, flag, pid, file] = /^(\S+) (\d+) (.*)\n$/.exec(readFileSync(join(work, 'opened'), 'utf8'))!;
  expect(flag).toBe('--wait');
  onCleanup(() => {
    if (alive(Number(pid))) process.kill(Number(pid), 'SIGKILL');
  });
  return { child, file: file!, editor: Number(pid), work };
}

function alive(pid: number): boolean {
  try {
    // A zombie is as good as gone.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test.each(['SIGTERM', 'SIGHUP'] as const)('%s: file and editor go with the tool', async (signal) => {
  const { child, file, editor } = await edit(tempDir());
  expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  expect(readFileSync(file, 'utf8')).toContain('"job_id":"a"');
  child.kill(signal);
  await waitFor(() => child.exitCode !== null || child.signalCode !== null);
  expect(child.signalCode).toBe(signal);
  expect(existsSync(dirname(file))).toBe(false);
  await waitFor(() => !alive(editor), { what: 'the end of the editor' });
});

test("Ctrl-C is the editor's: the tool waits on", async () => {
  const { child, file, editor } = await edit(tempDir());
  child.kill('SIGINT');
  process.kill(editor, 'SIGKILL');
  await waitFor(() => child.exitCode !== null || child.signalCode !== null);
  expect([child.exitCode, existsSync(dirname(file))]).toEqual([1, false]);
});

test('a temporary folder whose name a shell would run is just a name', async () => {
  const temp = join(tempDir(), '$(touch ran) `touch ran`; touch ran');
  mkdirSync(temp);
  const { child, file, work } = await edit(temp);
  expect(file.startsWith(temp)).toBe(true);
  child.kill('SIGTERM');
  await waitFor(() => child.exitCode !== null || child.signalCode !== null);
  expect(readdirSync(work)).not.toContain('ran');
});
