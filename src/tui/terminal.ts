const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[H';
const leave = '\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?25h\x1b[?1049l';
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Takes the terminal for a full screen: alternate buffer, no cursor, no line wrap, pasted text marked as such.
 * It is given back by the returned function, and when the process crashes or exits meanwhile.
 * @param onSignal called for a signal that asks the process to end, which therefore doesn't end by itself
 */
export function takeTerminal(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  { onSignal, onRestore }: { onSignal: () => void; onRestore: () => void },
): () => void {
  let taken = true;
  const restore = (): void => {
    if (!taken) return;
    taken = false;
    onRestore();
    stdin.setRawMode(false);
    stdout.write(leave);
    process.off('exit', restore);
    process.off('uncaughtExceptionMonitor', restore);
    for (const signal of signals) process.off(signal, onSignal);
  };
  // The monitor sees rejections too and leaves the crash as it is: its stack goes to the normal screen.
  process.on('uncaughtExceptionMonitor', restore);
  process.on('exit', restore);
  for (const signal of signals) process.on(signal, onSignal);
  stdout.write(enter);
  return restore;
}
