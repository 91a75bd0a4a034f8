import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { pidExists } from '../../src/inspector/lock.ts';
import { asTree, endTree } from '../../src/tunnel/process-tree.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';

afterEach(() => vi.unstubAllEnvs());

test.each(['SIGKILL', 'SIGTERM'] as const)(
  '%s ends a command with what it has started, and again is no error',
  async (signal) => {
    const child = spawn('sleep 1000 & echo $!; wait', {
      shell: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      ...asTree,
    });
    onCleanup(() => endTree(child));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const started = Number(line.toString());
    expect(pidExists(started)).toBe(true);
    endTree(child, signal);
    // A zombie that its new parent has not fetched yet is gone, too.
    const state = (): string | undefined =>
      /^State:\s+(\w)/m.exec(readFileSync(`/proc/${started}/status`, 'utf8'))?.[1];
    await waitFor(() => !pidExists(started) || state() === 'Z');
    await waitFor(() => child.signalCode === signal);
    endTree(child, signal);
  },
);

test('a command that could not be started is nothing to end', () => {
  endTree({ pid: undefined });
});

// Not run on Windows: taskkill is a stand-in that notes how it is called.
test('on Windows taskkill ends the tree, and is waited for', () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'taskkill'), `#!/bin/sh\necho "$@" > "${dir}/call"\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
  endTree({ pid: 4711 }, 'SIGTERM', 'win32');
  expect(readFileSync(join(dir, 'call'), 'utf8')).toBe('/PID 4711 /T /F\n');
});
