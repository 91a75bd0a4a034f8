import { setImmediate as nextTurn } from 'node:timers/promises';

const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[H';
const leave = '\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l';
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

/**
 * Takes the terminal for a full screen: alternate buffer, no cursor, no line wrap, pasted text marked as such.
 * It is given back by `restore`, and when the process crashes or exits meanwhile.
 * @param onSignal called for a signal that asks the process to end, which therefore doesn't end by itself
 */
export function takeTerminal(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  { onSignal, onRestore }: { onSignal: () => void; onRestore: () => void },
): TakenTerminal {
  let taken = true;
  let lent = false;
  const onInterrupt = (): void => {
    if (!lent) onSignal();
  };
  const restore = (): void => {
    if (!taken) return;
    taken = false;
    onRestore();
    stdin.setRawMode(false);
    if (!lent) stdout.write(leave);
    process.off('exit', restore);
    process.off('uncaughtExceptionMonitor', restore);
    for (const signal of signals) process.off(signal, signal === 'SIGINT' ? onInterrupt : onSignal);
  };
  // The monitor sees rejections too and leaves the crash as it is: its stack goes to the normal screen.
  process.on('uncaughtExceptionMonitor', restore);
  process.on('exit', restore);
  for (const signal of signals) process.on(signal, signal === 'SIGINT' ? onInterrupt : onSignal);
  stdout.write(enter);
  return {
    restore,
    async lend() {
      lent = true;
      stdin.setRawMode(false);
      stdout.write(leave);
      // Node takes note of a listener's leaving, and of a pause, only in a later turn; until then it goes on
      // reading, and would take the other program's first line.
      await nextTurn();
      stdin.pause();
      await nextTurn();
    },
    resume() {
      lent = false;
      if (taken) stdout.write(enter);
    },
  };
}
