import { mustNotFail } from '../errors.ts';

// A window that does not fill is let go after this long without a newcomer.
const idleMs = 2000;

/** Holds deliveries until a number of them is there, then sends them one after another in random order. */
export class ReorderWindow {
  /** Each does one sending; the next one's turn comes when it is done. */
  #waiting: (() => Promise<unknown>)[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** @param random from 0 up to 1 */
  constructor(private readonly random: () => number) {}

  /**
   * Runs `send` when the window of `size` is full (or idle for 2 s) and its turn has come.
   * @param signal lets go of the window at once
   */
  enter<T>(size: number, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const flush = (): void => mustNotFail(this.flush());
      this.#waiting.push(() => {
        signal.removeEventListener('abort', flush);
        return send().then(resolve, reject);
      });
      signal.addEventListener('abort', flush, { once: true });
      if (this.#timer) clearTimeout(this.#timer);
      if (this.#waiting.length >= size || signal.aborted) flush();
      else this.#timer = setTimeout(flush, idleMs);
    });
  }

  /** Lets go of whatever waits. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#waiting;
    this.#waiting = [];
    while (batch.length > 0) {
      const [next] = batch.splice(Math.floor(this.random() * batch.length), 1);
      await next!();
    }
  }
}
