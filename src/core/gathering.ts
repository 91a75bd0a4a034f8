/** Bytes from which on a body whose length is known has its place before it comes. */
const wholeFrom = 256 * 1024;

/** Gathers a body that comes in pieces. A large one is put in its place as it comes: put together at its end, it would be there twice. */
export class Gathering {
  readonly #chunks: Uint8Array[] = [];
  #place: Buffer | null = null;
  #size = 0;

  /** @param announced bytes that will come at most, where that is known; else 0 */
  constructor(private readonly announced: number) {}

  /** Bytes that have come. */
  get size(): number {
    return this.#size;
  }

  add(chunk: Uint8Array): void {
    if (this.announced > wholeFrom) {
      this.#place ??= Buffer.allocUnsafeSlow(this.announced);
      this.#place.set(chunk, this.#size);
    } else this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** What has come; a single piece as it is, without a copy. */
  get bytes(): Uint8Array {
    if (this.#place) return this.#place.subarray(0, this.#size);
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
  }

  /** Lets go of what has come. */
  drop(): void {
    this.#chunks.length = 0;
    this.#place = null;
    this.#size = 0;
  }
}
