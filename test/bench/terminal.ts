import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ended } from './processes.ts';

/** A Node program on a real pseudo-terminal. */
export interface OnTerminal {
  /** Its own process, not that of the terminal around it. */
  readonly pid: number;
  /** ms from the start until the text stood on the screen. */
  readonly shownAfter: number;
  stop(): Promise<void>;
}

/** Runs `node …args` on a terminal of 120×40 until `text` has been drawn, and leaves it running. */
export async function onTerminal(args: readonly string[], text: string, cwd: string): Promise<OnTerminal> {
  const quoted = [process.execPath, ...args].map((arg) => `'${arg}'`).join(' ');
  const dir = mkdtempSync(join(tmpdir(), 'bench-terminal-'));
  // A file rather than `script -c`, which would hand the line to whatever shell the user has.
  const file = join(dir, 'start.sh');
  writeFileSync(file, `echo "pid:$$"\nstty rows 40 cols 120\nexec ${quoted}\n`);
  const began = performance.now();
  const child = spawn('script', ['-qfec', `sh ${file}`, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh', CI: undefined },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  const shownAfter = await new Promise<number>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!stripVTControlCharacters(output).includes(text)) return;
      resolve(performance.now() - began);
      // Read on, without keeping it: an unread terminal would stop the program.
      child.stdout.off('data', look).resume();
    };
    child.stdout.on('data', look);
    child.once('exit', () => reject(new Error(`Ended before it showed "${text}":\n${output}`)));
  });
  const pid = Number(/pid:(\d+)/.exec(output)![1]);
  return {
    pid,
    shownAfter,
    stop: async () => {
      process.kill(pid, 'SIGTERM');
      await ended(child);
      rmSync(dir, { recursive: true });
    },
  };
}
