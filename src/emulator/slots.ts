/** Lets at most so many run at once for each key; the others wait their turn. */
export class Slots {
  readonly #busy = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(private readonly most: number) {}

  async use<T>(key: string, work: () => Promise<T>): Promise<T> {
    const busy = this.#busy.get(key) ?? 0;
    if (busy >= this.most)
      await new Promise<void>((resolve) => {
        this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), resolve]);
      });
    else this.#busy.set(key, busy + 1);
    try {
      return await work();
    } finally {
      this.#next(key);
    }
  }

  #next(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next) return next(); // who waits takes over the place
    this.#waiting.delete(key);
    const left = this.#busy.get(key)! - 1;
    if (left > 0) this.#busy.set(key, left);
    else this.#busy.delete(key);
  }
}
