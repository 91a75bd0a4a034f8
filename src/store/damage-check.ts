import sqlite from 'node-sqlite3-wasm';

/** Steps that are made at once in any case: of them a start takes no notice. */
const stepsAtOnce = 1;
/** ms until the next one: a start has other things to do. */
const startMs = 1000;
/** How many times as long as a step lasts the pause after it. */
const pauses = 10;

/** Looks a file for damage step by step, in pauses when it is long: it is in use meanwhile. */
export class DamageCheck {
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param steps throw when they find damage
   * @param guarded runs a step, and sees to what it has found
   */
  constructor(
    private readonly steps: Iterator<unknown>,
    private readonly guarded: (step: () => void) => void,
  ) {}

  /** Makes all steps, or the first ones and the others later. @throws what a step throws */
  begin(later: boolean): void {
    for (let step = 0; !later || step < stepsAtOnce; step++) if (this.steps.next().done) return;
    this.#goOn(startMs);
  }

  /** Ends it. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #goOn(pause: number): void {
    this.#timer = setTimeout(() => this.#step(), pause).unref();
  }

  #step(): void {
    const began = performance.now();
    let done: boolean | undefined = true;
    try {
      this.guarded(() => {
        done = this.steps.next().done;
      });
    } catch (error) {
      if (!(error instanceof sqlite.SQLite3Error)) throw error; // the disk can't be read: whoever reads there is told
    }
    if (!done) this.#goOn((performance.now() - began) * pauses);
  }
}
