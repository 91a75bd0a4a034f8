import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Names whose keys are kept at hand. */
const mostKeys = 1000;

/** Sends that are remembered at a time: far more than are ever under way at once. */
const slots = 65_536;
const slotBytes = 8;

/**
 * How far a delivery has come on its way to an endpoint. `going`: its bytes were about to go out, or some of them had;
 * whether the app has got it can't be known then, since no write to a disk and to a network happen as one. `sent`:
 * the system had taken all of them, and passes them on whatever becomes of this process.
 */
export type SendState = 'unsent' | 'going' | 'sent';

/** Stands in a number for `sent`: no number comes so far. */
const sentBit = 0x8000_0000;

/**
 * Remembers in the instants before and after a delivery's bytes go out to an endpoint that they do. A kill leaves
 * attempts without an end; with this the next run can tell those that the app has got from those that it has not. It is
 * not waited for to reach the disk: what the system was given survives a kill, and after a power cut a delivery may
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

  /** Says how far a delivery has come on its way to an endpoint; of a piece of work, one of its sends. */
  note(seq: number, endpoint: string, state: Exclude<SendState, 'unsent'>): void {
    const at = this.#fill(seq, endpoint, state);
    writeSync(this.fd, this.#slot, 0, slotBytes, at);
  }

  /** How far a delivery had come on its way to an endpoint when the last run ended. */
  stateOf(seq: number, endpoint: string): SendState {
    const state = (['sent', 'going'] as const).find((state) => {
      const at = this.#fill(seq, endpoint, state);
      return this.#before.subarray(at, at + slotBytes).equals(this.#slot);
    });
    return state ?? 'unsent';
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Makes an entry. @returns the place it has in the file */
  #fill(seq: number, endpoint: string, state: SendState): number {
    const key = this.#keyOf(endpoint);
    this.#slot.writeUInt32LE((state === 'sent' ? seq | sentBit : seq) >>> 0, 0);
    this.#slot.writeUInt32LE(key, 4);
    return ((seq * 31 + key) % slots) * slotBytes;
  }

  #keyOf(endpoint: string): number {
    const known = this.#keys.get(endpoint);
    if (known !== undefined) return known;
    if (this.#keys.size >= mostKeys) this.#keys.clear();
    const key = createHash('sha256').update(endpoint).digest().readUInt32LE();
    this.#keys.set(endpoint, key);
    return key;
  }
}
