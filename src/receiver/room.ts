/** Bytes of a body that every request may bring, however full it is. */
const freeBytes = 256 * 1024;

/** What one body holds. */
export interface Place {
  /**
   * Waits, in the order of those who ask, until there is room for a body of `size` bytes.
   * @param end ends the wait
   * @returns false when there was none in time
   */
  reserve(size: number, end: AbortSignal): Promise<boolean>;
  /** @returns false when there is no room now for a body that has grown to `to` bytes */
  grow(to: number): boolean;
  /** Gives it back. */
  free(): void;
}

/**
 * Bounds what large bodies hold in memory at once, from their arrival to their answer. Small ones always find room,
 * so that nobody can keep others out by holding large ones.
 */
export class Room {
  #taken = 0;
  /** Takes the room that each waits for; gives false when there is too little. */
  readonly #waiting = new Set<() => boolean>();

  /**
   * @param size bytes in all
   * @param patienceMs that a body waits at most
   */
  constructor(
    private readonly size: number,
    private readonly patienceMs: number,
  ) {}

  /** A place for one body. */
  place(): Place {
    let held = 0;
    const grow = (to: number): boolean => {
      const wanted = Math.max(held, to - freeBytes);
      if (wanted > held && this.#taken + wanted - held > this.size) return false;
      this.#taken += wanted - held;
      held = wanted;
      return true;
    };
    return {
      grow,
      reserve: async (size, end) => {
        const first = this.#waiting.size === 0 || size <= freeBytes;
        return (first && grow(size)) || this.#wait(() => grow(size), end);
      },
      free: () => {
        this.#taken -= held;
        held = 0;
        this.#admit();
      },
    };
  }

  #wait(enter: () => boolean, end: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (entered: boolean): void => {
        clearTimeout(timer);
        end.removeEventListener('abort', giveUp);
        this.#waiting.delete(tryToEnter);
        resolve(entered);
      };
      const tryToEnter = (): boolean => {
        const entered = enter();
        if (entered) settle(true);
        return entered;
      };
      const giveUp = (): void => {
        settle(false);
        this.#admit(); // who comes next may want less
      };
      const timer = setTimeout(giveUp, this.patienceMs);
      end.addEventListener('abort', giveUp);
      this.#waiting.add(tryToEnter);
    });
  }

  /** Lets in those who wait, up to the first for whom there is too little. */
  #admit(): void {
    for (const tryToEnter of this.#waiting) if (!tryToEnter()) return;
  }
}
