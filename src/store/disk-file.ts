import { closeSync, fdatasync, openSync } from 'node:fs';

/**
 * A file that somebody else writes to, and that is brought to the disk here. That takes from parts of a millisecond to
 * many, and a thread of Node's pool waits for it: this one goes on.
 */
export class DiskFile {
  readonly #fd: number;
  /** How often it is being waited for. */
  #waits = 0;
  #closed = false;
  #failure: Error | null = null;

  /** @throws the system's error when there is no such file */
  constructor(path: string) {
    this.#fd = openSync(path, 'r+'); // Windows syncs only what may be written to
  }

  /**
   * Resolves once all that was written to the file before is on the disk. After a failure nobody knows what is, and the
   * system may not tell a second time (https://lwn.net/Articles/752063/): it fails for good.
   * @throws the system's error (rejects)
   */
  async sync(): Promise<void> {
    this.mustNotHaveFailed();
    this.#waits += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        fdatasync(this.#fd, (error) => (error ? reject(error) : resolve()));
      });
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    } finally {
      this.#waits -= 1;
      if (this.#closed) this.close();
    }
  }

  /** @throws the system's error, where a {@link sync} failed */
  mustNotHaveFailed(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Lets go of the file, once nobody waits for it any more. */
  close(): void {
    this.#closed = true;
    if (this.#waits === 0) closeSync(this.#fd);
  }
}
