const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

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
