/** Calls at once, and while calls keep coming once in each interval (ms), the last one included. */
export function throttle(work: () => void, interval: number): { call(): void; stop(): void } {
  let timer: NodeJS.Timeout | null = null;
  let due = false;
  const call = (): void => {
    due = timer !== null;
    if (timer !== null) return;
    work();
    timer = setTimeout(() => {
      timer = null;
      if (due) call();
    }, interval).unref();
  };
  return {
    call,
    stop() {
      if (timer !== null) clearTimeout(timer);
      due = false;
    },
  };
}
