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
  /** Presses a key. @returns ms until the text was drawn after that */
  press(key: string, text: string): Promise<number>;
  stop(): Promise<void>;
}

/** Runs `node …args` on a terminal of 120×40 until `text` has been drawn, and leaves it running. */
export async function onTerminal(
  args: readonly string[],
  text: string,
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<OnTerminal> {
  const quoted = [process.execPath, ...args].map((arg) => `'${arg}'`).join(' ');
  const dir = mkdtempSync(join(tmpdir(), 'bench-terminal-'));
  // A file rather than `script -c`, which would hand the line to whatever shell the user has.
  const file = join(dir, 'start.sh');
  writeFileSync(file, `echo "pid:$$"\nstty rows 40 cols 120\nexec ${quoted}\n`);
  const began = performance.now();
  const child = spawn('script', ['-qfec', `sh ${file}`, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh', CI: undefined, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  /** Resolves once it has been drawn; what is drawn later is not kept. */
  const drawn = (wanted: string): Promise<number> =>
    new Promise((resolve, reject) => {
      output = '';
      const look = (chunk: Buffer): void => {
        output += chunk.toString();
        if (!stripVTControlCharacters(output).includes(wanted)) return;
        // Read on, without keeping it: an unread terminal would stop the program.
        child.stdout.off('data', look).resume();
        child.off('exit', end);
        resolve(performance.now());
      };
      const end = (): void => reject(new Error(`Ended before it showed "${wanted}":\n${output}`));
      child.stdout.on('data', look);
      child.once('exit', end);
    });
  const shownAfter = (await drawn(text)) - began;
  const pid = Number(/pid:(\d+)/.exec(output)![1]);
  return {
    pid,
    shownAfter,
    press: async (key, wanted) => {
      const pressed = performance.now();
      const shown = drawn(wanted);
      child.stdin.write(key);
      return (await shown) - pressed;
    },
    stop: async () => {
      process.kill(pid, 'SIGTERM');
      await ended(child);
      rmSync(dir, { recursive: true });
    },
  };
}
