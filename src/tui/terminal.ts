import { setImmediate as nextTurn } from 'node:timers/promises';

const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[H';
const leave = '\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l';
// Terminals that know it tell when they get and lose the focus.
const focusOn = '\x1b[?1004h';
const focusOff = '\x1b[?1004l';
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** A terminal that was taken. */
export interface TakenTerminal {
  /** Gives it back for good. */
  restore(): void;
  /**
   * Lends it to another program; a signal that its keys send (Ctrl-C) is not for us until {@link resume}.
   * Nothing may listen to `stdin` by now. Resolves when not one more byte is read here.
   */
  lend(): Promise<void>;
  resume(): void;
}

interface TakeOptions {
  onEnd: () => void;
  onBug: (error: unknown) => void;
  onRestore: () => void;
  /** Whether the terminal is to tell, as input, when it is looked at. */
  focus: boolean;
}

/**
 * Takes the terminal for a full screen: alternate buffer, no cursor, no line wrap, pasted text marked as such.
 * It is given back by `restore`, and when the process exits meanwhile.
 * @param onEnd called when the screen is to end: for a signal that asks the process to end, which therefore doesn't
 * end by itself, and when the terminal is gone
 * @param onBug called with what was thrown and caught by nobody, which therefore doesn't end the process either
 */
export function takeTerminal(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  { onEnd, onBug, onRestore, focus }: TakeOptions,
): TakenTerminal {
  const begin = focus ? enter + focusOn : enter;
  const end = focus ? focusOff + leave : leave;
  let taken = true;
  let lent = false;
  const onInterrupt = (): void => {
    if (!lent) onEnd();
  };
  const restore = (): void => {
    if (!taken) return;
    taken = false;
    onRestore();
    stdin.setRawMode(false);
    if (!lent) stdout.write(end);
    process.off('exit', restore);
    process.off('uncaughtException', onBug);
    for (const signal of signals) process.off(signal, signal === 'SIGINT' ? onInterrupt : onEnd);
  };
  process.on('uncaughtException', onBug);
  process.on('exit', restore);
  for (const signal of signals) process.on(signal, signal === 'SIGINT' ? onInterrupt : onEnd);
  // A terminal that is gone: its end is read, or reading, writing and setting it fail. Nothing takes these away
  // again, since what is written last fails later.
  for (const event of ['end', 'close', 'error']) stdin.on(event, onEnd);
  stdout.on('error', onEnd);
  stdout.write(begin);
  return {
    restore,
    async lend() {
      lent = true;
      stdin.setRawMode(false);
      stdout.write(end);
      // Node takes note of a listener's leaving, and of a pause, only in a later turn; until then it goes on
      // reading, and would take the other program's first line.
      await nextTurn();
      stdin.pause();
      await nextTurn();
    },
    resume() {
      lent = false;
      if (taken) stdout.write(begin);
    },
  };
}
