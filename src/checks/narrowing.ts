/** Moments that narrow down on the effect at the least, and at the most. */
const leastSteps = 4;
const mostSteps = 7;
/** ms: what a kill can tear apart takes longer, or nobody would find it. */
const nearMs = 5;
/** ms behind the moment that was found: no two deliveries take the same time, and what is torn lies behind it. */
const behindMs = [8, 16, 32];

/** Moments that are looked at at the most. */
export const mostLooks = mostSteps + behindMs.length;

/**
 * Narrows down on the moment of the effect, as a share of a time, and then looks behind it: what is done right before it
 * and right after it is what a crash tears apart.
 */
export class Narrowing {
  #without = 0;
  #with = 1;
  #spanMs = 0;
  #steps = 0;
  #behind = 0;
  #found = false;

  /** Whether there is nothing left to look at. */
  get done(): boolean {
    return this.#behind === behindMs.length;
  }

  /**
   * The share to look at next; above 1 where the effect was seen at the end of the time.
   * @param spanMs the time (ms) of which it is a share
   */
  next(spanMs: number): number {
    this.#spanMs = spanMs;
    const middle = (this.#without + this.#with) / 2;
    return this.#found ? middle + behindMs[this.#behind]! / spanMs : middle;
  }

  /** @param effect whether there was an effect at this share */
  saw(share: number, effect: boolean): void {
    if (this.#found) {
      this.#behind += 1;
      return;
    }
    if (effect) this.#with = Math.min(this.#with, share);
    else this.#without = Math.max(this.#without, share);
    if (this.#spanMs === 0) return; // given, and not chosen here
    this.#steps += 1;
    const near = (this.#with - this.#without) * this.#spanMs <= 2 * nearMs;
    this.#found = this.#steps >= leastSteps && (near || this.#steps === mostSteps);
  }
}
