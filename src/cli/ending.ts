const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Has `end` told of the first signal of each kind that asks this process to end. */
export function onceTold(end: (signal: (typeof signals)[number]) => void): void {
  for (const signal of signals) process.once(signal, () => end(signal));
}

/** A second request to end has patience with what closes for this long (ms). */
const patienceMs = 2_000;

/**
 * From now on a signal ends nothing by itself: who runs for long is told by listeners of its own, and gets the time
 * to close. A signal that comes while it closes sets a limit to that.
 * @returns ends it, once everything is closed
 */
export function holdSignals(): { closing(): void; release(): void } {
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (): void => {
    if (closing) timer ??= setTimeout(() => process.exit(1), patienceMs);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    closing() {
      closing = true;
    },
    release() {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
