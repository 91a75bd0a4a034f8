import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { messageOf } from '../core/errors.ts';

/** Makes a line when its turn has come; null for none. */
type MakeLine = () => string | null | Promise<string | null>;

// A pipe takes no more than this at once; one long write would be refused where a socket's buffer is short.
const chunkSize = 64 * 1024;
// Characters of lines that are told in one go and go out together, about.
const batchSize = 8 * 1024;
// Beyond so many lines that wait, a reader that has stopped is left out for good.
const maxWaiting = 100_000;

/**
 * Writes lines one after the other, each made only when the reader has taken those before, so that memory stays
 * bounded. Once the reader is lost nothing is written any more.
 */
export class LineWriter {
  readonly #waiting: MakeLine[] = [];
  /** Lines that were made and go out together. */
  #made = '';
  #pumping = false;
  #lost = false;

  /** @param onLost told once, in a word, why nothing is written any more */
  constructor(
    private readonly stream: Writable,
    private readonly onLost: (why: string) => void,
  ) {}

  /** Whether what is written now is made at once. */
  get idle(): boolean {
    return !this.#pumping && !this.stream.writableNeedDrain;
  }

  write(make: MakeLine): void {
    if (this.#lost) return;
    if (this.#waiting.length >= maxWaiting) return this.lost(`its reader is ${maxWaiting} lines behind`);
    this.#waiting.push(make);
    // What is told in one go is written in one go: the first line has all of it written.
    if (!this.#pumping && this.#waiting.length === 1)
      queueMicrotask(() => void this.#pump().catch((error) => this.lost(messageOf(error))));
  }

  /** Gives the reader up. */
  readonly lost = (why: string): void => {
    if (this.#lost) return;
    this.#lost = true;
    this.#waiting.length = 0;
    this.onLost(why);
  };

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let make = this.#waiting.shift(); make !== undefined; make = this.#waiting.shift()) {
      const made = make();
      // What takes long keeps nothing waiting that is ready.
      if (made instanceof Promise) await this.#flush();
      const line = made instanceof Promise ? await made : made;
      if (line !== null) this.#made += `${line}\n`;
      const written = this.#made.length > batchSize || this.#waiting.length === 0 ? this.#flush() : null;
      if (written !== null) await written;
      if (this.#lost) break;
    }
    this.#pumping = false;
  }

  /** Writes what was made. @returns null when all of it is on its way at once */
  #flush(): Promise<void> | null {
    const text = this.#made;
    this.#made = '';
    return text === '' || this.#lost ? null : this.#send(text);
  }

  /** @returns null when all of it is on its way at once */
  #send(text: string): Promise<void> | null {
    if (text.length <= chunkSize && this.stream.write(text)) return null;
    return text.length <= chunkSize ? this.#drained() : this.#sendLong(text);
  }

  async #sendLong(text: string): Promise<void> {
    await turn(); // it may have taken long to make, and takes long again
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length && !this.#lost; at += chunkSize)
      if (!this.stream.write(bytes.subarray(at, at + chunkSize))) await this.#drained();
  }

  async #drained(): Promise<void> {
    const over = new AbortController();
    await Promise.race([
      once(this.stream, 'drain', { signal: over.signal }),
      once(this.stream, 'close', { signal: over.signal }),
    ])
      .catch(() => undefined) // an error of the stream, which is told to `lost`
      .finally(() => over.abort());
  }
}
