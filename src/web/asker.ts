import { mustNotFail, UserError } from '../core/errors.ts';

/** Questions begin at least so many ms apart, but for what the user waits for. */
export const gatherMs = 100;

/** A question, or the ms until one may be asked; null when nothing is wanted. */
export type Wanted = (() => Promise<void>) | number | null;

/** Asks one question at a time, not too often. After one that failed it waits for news. */
export class Asker {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #due = Number.POSITIVE_INFINITY;
  #asking = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #paused = false;

  /**
   * @param next what is wanted most as things stand
   * @param failed is told of an error, but for a tool that does not answer: the page says that itself
   */
  constructor(
    private readonly next: () => Wanted,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Whether a question is not answered yet. */
  get asking(): boolean {
    return this.#asking;
  }

  /** Whether nothing is asked until {@link resume}. */
  get paused(): boolean {
    return this.#paused;
  }

  /** There is news: what failed before is asked again. */
  resume(): void {
    this.#paused = false;
  }

  /** Has a question asked. @param ms at least so long after the last one began */
  soon(ms: number): void {
    if (this.#asking || this.#paused) return;
    const due = Math.max(performance.now(), this.#askedAt + ms);
    if (due >= this.#due) return;
    this.#stopTimer();
    this.#due = due;
    this.#timer = setTimeout(() => mustNotFail(this.#ask()), due - performance.now());
  }

  close(): void {
    this.#stopTimer();
    this.#paused = true;
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due = Number.POSITIVE_INFINITY;
  }

  async #ask(): Promise<void> {
    this.#stopTimer();
    const question = this.next();
    if (typeof question === 'function') {
      this.#asking = true;
      this.#askedAt = performance.now();
      try {
        await question();
      } catch (error) {
        const code = error instanceof UserError ? error.code : null;
        this.#paused = code !== 'cancelled'; // it was given up for another
        if (code !== 'no-answer' && code !== 'cancelled') this.failed(error);
      }
      this.#asking = false;
    }
    const then = this.next();
    if (then !== null) this.soon(typeof then === 'number' ? Math.max(then, gatherMs) : gatherMs);
  }
}
