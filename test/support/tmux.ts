import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from './wait.ts';

const exec = promisify(execFile);

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** Variables to set besides the few that a login has; null takes one away. */
  env?: Record<string, string>;
  cwd?: string;
}

/** A real terminal (tmux, with a server of its own) in which a shell runs. */
export interface TmuxTerminal {
  /** Presses keys by tmux's names (`Enter`, `Escape`, `C-c`, `PageDown`) or types one-character ones. */
  press(...keys: string[]): Promise<void>;
  /** Types text as it is. */
  type(text: string): Promise<void>;
  /** Pastes text as a terminal does, with bracketed paste where the program asked for it. */
  paste(text: string): Promise<void>;
  /** What is on the screen; with `colours` the escape sequences of its look as well. */
  screen(options?: { colours?: boolean }): Promise<string>;
  /** Waits until the screen holds `text` (or a match). @returns the screen */
  waitFor(text: string | RegExp, timeoutMs?: number): Promise<string>;
  /** Waits until it doesn't any more. @returns the screen */
  waitUntilGone(text: string | RegExp, timeoutMs?: number): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** A value of tmux about the terminal, such as `cursor_flag` or `alternate_on`. */
  about(format: string): Promise<string>;
  /** Ends the terminal with everything in it. */
  kill(): Promise<void>;
}

// Killed twice, or all its programs ended: either way it is gone, which was the aim.
const ignoreGone = (error: Error): void => {
  if (!/no server running|error connecting|server exited|No such file/.test(error.message)) throw error;
};

/** Starts a terminal and types `command` at its shell's prompt, which is `PROMPT>`. */
export async function startTerminal(command: string, options: TerminalOptions = {}): Promise<TmuxTerminal> {
  const { columns = 80, rows = 24, env = {}, cwd = process.cwd() } = options;
  // In a directory of its own: tmux leaves its socket behind.
  const directory = await mkdtemp(join(tmpdir(), 'rwd-tmux-'));
  const variables = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '/tmp',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    ...env,
  };
  const tmux = async (...args: string[]): Promise<string> => {
    const { stdout } = await exec(
      'tmux',
      ['-u', '-S', join(directory, 'socket'), '-f', '/dev/null', ...args],
      {
        env: { ...variables, TERM: 'xterm-256color' },
        cwd,
      },
    );
    return stdout;
  };
  await tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '/bin/sh');
  await tmux('set-option', '-g', 'status', 'off');
  await tmux('set-option', '-g', 'escape-time', '0');

  const screen: TmuxTerminal['screen'] = ({ colours = false } = {}) =>
    tmux('capture-pane', '-p', ...(colours ? ['-e'] : []));
  const holds = (text: string, wanted: string | RegExp): boolean =>
    typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
  const wait = async (wanted: string | RegExp, gone: boolean, timeoutMs: number): Promise<string> => {
    let last = '';
    const done = async (): Promise<boolean> => {
      last = await screen();
      return holds(last, wanted) !== gone;
    };
    try {
      await waitFor(done, { timeoutMs, what: `${wanted} ${gone ? 'to go from' : 'on'} the screen` });
    } catch (error) {
      throw new Error(`${(error as Error).message}. The screen:\n${last}`, { cause: error });
    }
    return last;
  };
  const terminal: TmuxTerminal = {
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    type: async (text) => void (await tmux('send-keys', '-l', text)),
    async paste(text) {
      await tmux('set-buffer', text);
      await tmux('paste-buffer', '-p');
    },
    screen,
    waitFor: (text, timeoutMs = 10_000) => wait(text, false, timeoutMs),
    waitUntilGone: (text, timeoutMs = 10_000) => wait(text, true, timeoutMs),
    resize: async (x, y) => void (await tmux('resize-window', '-x', String(x), '-y', String(y))),
    about: async (format) => (await tmux('display-message', '-p', `#{${format}}`)).trim(),
    async kill() {
      await tmux('kill-server').catch(ignoreGone);
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    // A shell of root sets its own prompt, so it is given here; in two parts, to be told from its echo.
    await terminal.type("PS1='PROM''PT> '; clear");
    await terminal.press('Enter');
    await terminal.waitFor(/^PROMPT>/m);
    await terminal.type(command);
    await terminal.press('Enter');
  } catch (error) {
    await terminal.kill();
    throw error;
  }
  return terminal;
}
