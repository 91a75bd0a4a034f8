/**
 * Bytes that wait in this process to go out to listeners, in all: none of them may hold more than is left for the others. So the
 * bound holds with any number of slow ones, and it is never used up.
 */
export class Outgoing {
  #bytes = 0;
  readonly #waiting = new Set<() => void>();
  #waking = false;

  /** @param most bytes in all; half of it is the largest that one may have at once */
  constructor(private readonly most: number) {}

  /** Whether a listener for which `held` bytes wait may have `more`. */
  admits(held: number, more: number): boolean {
    return held + more <= this.most - this.#bytes - more;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** They went out, or never will. */
  remove(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#waking || this.#waiting.size === 0) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const wake of waiting) wake();
    });
  }

  /** Calls `wake` once when there is more room. */
  wait(wake: () => void): void {
    this.#waiting.add(wake);
  }
}
