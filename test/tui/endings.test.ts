import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test, vi } from 'vitest';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, runCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';

// Every way in which the screen can end: what runs under it is closed, and no lock stays.
vi.setConfig({ testTimeout: 60_000 });

interface Screen {
  pid: number;
  dataDir: string;
  url: string;
  /** Takes the terminal away. */
  takeAway(): void;
  /** Its exit code, or minus the signal that ended it. */
  ended: Promise<number>;
  /** What it wrote to its terminal. */
  written(): string;
}

async function start(terminal: 'controlling' | 'plain', output: 'tui' | 'plain' = 'tui'): Promise<Screen> {
  const dir = tempDir();
  const dataDir = join(dir, 'data');
  const program = [process.execPath, '--import', join(import.meta.dirname, 'fixtures/throws.mjs'), bin];
  const host: ChildProcess = spawn(
    'python3',
    [
      ...[join(import.meta.dirname, 'fixtures/on-pty.py'), terminal, ...program],
      ...[
        'listen',
        '--tunnel',
        'none',
        '--port',
        '0',
        '--inspector-port',
        '0',
        '--data',
        dataDir,
        '--output',
        output,
      ],
    ],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm-256color', SCREEN: join(dir, 'screen') },
    },
  );
  let pid = 0;
  const ended = new Promise<number>((resolve) => {
    createInterface(host.stdout!).on('line', (line) => {
      const [what, value] = line.split(' ');
      if (what === 'pid') pid = Number(value);
      else resolve(Number(value));
    });
  });
  onCleanup(() => {
    if (host.exitCode === null) process.kill(pid, 'SIGKILL'); // its host ends with it
  });
  const written = (): string => readFileSync(join(dir, 'screen'), 'utf8');
  const ready = output === 'tui' ? 'Waiting for the first delivery' : 'Listening on';
  await waitFor(() => written().includes(ready), { what: ready });
  const { port } = JSON.parse(readFileSync(join(dataDir, 'listen.lock'), 'utf8'));
  const url = `http://127.0.0.1:${port}`;
  await fetch(url, { method: 'POST', body: '{"status":"Completed","job_id":"before"}' });
  return { pid, dataDir, url, takeAway: () => host.stdin!.write('go\n'), ended, written };
}

const kill =
  (...signals: NodeJS.Signals[]) =>
  ({ pid }: Screen): void => {
    for (const signal of signals) process.kill(pid, signal);
  };

const takeAway = ({ takeAway }: Screen): void => takeAway();

/** A text that the drawing fails on. */
const draw = async ({ url }: Screen): Promise<void> => {
  const body = JSON.stringify({ status: 'Completed', job_id: 'b', metadata: { a: '\u{1f4a5}' } });
  await fetch(url, { method: 'POST', body }).catch(() => undefined); // it may be gone before it has answered
};

test.each<[name: string, terminal: 'controlling' | 'plain', end: (screen: Screen) => unknown, code: number]>([
  ['SIGHUP', 'controlling', kill('SIGHUP'), 0],
  ['SIGTERM', 'controlling', kill('SIGTERM'), 0],
  ['SIGINT', 'controlling', kill('SIGINT'), 0],
  ['SIGINT twice', 'controlling', kill('SIGINT', 'SIGINT'), 0],
  ['SIGTERM and SIGHUP', 'controlling', kill('SIGTERM', 'SIGHUP'), 0],
  ['the terminal goes, with a signal', 'controlling', takeAway, 0],
  ['the terminal goes without a word', 'plain', takeAway, 0],
  ['an exception while drawing', 'controlling', draw, 1],
  ['an exception between two events', 'controlling', kill('SIGUSR2'), 1],
])('%s: all is closed and no lock is left', async (_, terminal, end, code) => {
  const screen = await start(terminal);
  await end(screen);
  expect(await screen.ended).toBe(code);
  await expectAllClosed(screen);
  if (code === 1) {
    const after = screen.written().split('\x1b[?1049l').at(-1)!;
    expect(after, 'the stack stands on the screen that was given back').toContain('made to throw');
  }
});

test('lines in a terminal that goes: all is closed and no lock is left', async () => {
  const screen = await start('controlling', 'plain');
  screen.takeAway();
  expect(await screen.ended).toBe(0);
  await expectAllClosed(screen);
});

async function expectAllClosed({ dataDir }: Screen): Promise<void> {
  for (const left of ['listen.lock', 'history.db.lock', 'history.db-wal'])
    expect(existsSync(join(dataDir, left)), left).toBe(false);
  const { stdout } = await runCli(['list'], { dataDir });
  expect(stdout).toContain('before');
}
