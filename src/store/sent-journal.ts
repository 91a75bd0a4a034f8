import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Forwards that are remembered at a time: far more than are ever under way at once. */
const slots = 65_536;
const slotBytes = 8;

/**
 * Remembers, in the instant before a delivery's bytes go out to an endpoint, that they do. A kill leaves attempts
 * without an end; with this the next run can tell those that the app has got from those that it has not. It is not
 * waited for to reach the disk: what the system was given survives a kill, and after a power cut a delivery may
 * reach the app twice, as from any sender.
 */
export class SentJournal {
  readonly #keys = new Map<string, number>();
  readonly #slot = Buffer.alloc(slotBytes);
  /** As the last run left it. */
  readonly #before: Buffer;

  private constructor(private readonly fd: number) {
    this.#before = Buffer.alloc(slots * slotBytes);
    readSync(fd, this.#before, 0, this.#before.length, 0);
  }

  /** Opens `sent.journal` in the data directory. @throws the system's error; a link is not followed */
  static open(dataDir: string): SentJournal {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const fd = openSync(join(dataDir, 'sent.journal'), flags, 0o600);
    try {
      if (!fstatSync(fd).isFile()) throw new Error('sent.journal is not a file');
      // Whole from the start, so that a disk that fills up later does not matter.
      if (fstatSync(fd).size !== slots * slotBytes) {
        ftruncateSync(fd, 0);
        writeSync(fd, Buffer.alloc(slots * slotBytes), 0, slots * slotBytes, 0);
      }
      return new SentJournal(fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Says that a delivery goes out to an endpoint now. */
  note(seq: number, endpoint: string): void {
    const at = this.#fill(seq, endpoint);
    writeSync(this.fd, this.#slot, 0, slotBytes, at);
  }

  /** Whether the last run noted that a delivery went out to an endpoint. */
  wasSent(seq: number, endpoint: string): boolean {
    const at = this.#fill(seq, endpoint);
    return this.#before.subarray(at, at + slotBytes).equals(this.#slot);
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Makes an entry. @returns the place it has in the file */
  #fill(seq: number, endpoint: string): number {
    const key = this.#keyOf(endpoint);
    this.#slot.writeUInt32LE(seq >>> 0, 0);
    this.#slot.writeUInt32LE(key, 4);
    return ((seq * 31 + key) % slots) * slotBytes;
  }

  #keyOf(endpoint: string): number {
    const known = this.#keys.get(endpoint);
    if (known !== undefined) return known;
    const key = createHash('sha256').update(endpoint).digest().readUInt32LE();
    this.#keys.set(endpoint, key);
    return key;
  }
}
