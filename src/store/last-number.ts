import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { systemCode } from '../core/errors.ts';

const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/**
 * The number of the last delivery that reached the disk, in a file of its own: when the history or its log is cut,
 * what is left of them is in order, and does not tell what it lacks.
 */
export class LastNumber {
  #noting = false;

  private constructor(
    private readonly fd: number | null,
    /** It; 0 for none. */
    public seq: number,
  ) {}

  /**
   * On a disk that takes nothing none may be there: nothing is known then, and nothing noted.
   * @throws the system's error, also where a link stands in its place
   */
  static open(path: string, readOnly: boolean): LastNumber {
    const flags = readOnly ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT;
    let fd: number;
    try {
      fd = openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
    } catch (error) {
      const code = systemCode(error);
      if (code !== undefined && (readOnly || noRoom.has(code))) return new LastNumber(null, 0);
      throw error;
    }
    const bytes = Buffer.alloc(line(0).length);
    readSync(fd, bytes, 0, bytes.length, 0);
    const [, digits = '0'] = /^(\d{9}) \1\n$/.exec(bytes.toString('latin1')) ?? [];
    return new LastNumber(fd, Number(digits));
  }

  /**
   * Says that a delivery is on the disk. Of those that are told in one go the last is written, before anybody who waits
   * for them goes on. It is not waited for: what the system was given survives a kill.
   */
  note(seq: number): void {
    this.seq = seq;
    if (this.fd === null || this.#noting) return;
    this.#noting = true;
    queueMicrotask(() => this.#write());
  }

  #write(): void {
    if (!this.#noting) return;
    this.#noting = false;
    try {
      writeSync(this.fd!, line(this.seq), 0);
    } catch (error) {
      // The delivery is safe; only its loss could not be told.
      if (systemCode(error) === undefined) throw error;
    }
  }

  close(): void {
    this.#write();
    if (this.fd !== null) closeSync(this.fd);
  }
}

/** Twice, so that a damaged one is told from a right one. */
function line(seq: number): string {
  const digits = String(seq).padStart(9, '0');
  return `${digits} ${digits}\n`;
}
