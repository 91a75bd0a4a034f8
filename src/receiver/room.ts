/** Bytes of a body that every request may bring, however full it is. */
const freeBytes = 256 * 1024;

/**
 * Bounds what large bodies hold in memory at once, from their arrival to their answer. Small ones always find room,
 * so that nobody can keep others out by holding large ones.
 */
export class Room {
  #taken = 0;

  /** @param size bytes in all */
  constructor(private readonly size: number) {}

  /** A place for one body; `free` gives it back. */
  place(): { grow(to: number): boolean; free(): void } {
    let held = 0;
    return {
      /** @returns false when there is no room for a body of `to` bytes */
      grow: (to) => {
        const wanted = Math.max(0, to - freeBytes);
        if (wanted > held && this.#taken + wanted - held > this.size) return false;
        this.#taken += wanted - held;
        held = wanted;
        return true;
      },
      free: () => {
        this.#taken -= held;
        held = 0;
      },
    };
  }
}
