import type { RelayedRequest } from '../core/relay.ts';
import type { HistoryFile, Row } from '../store/database.ts';
import type { Follower, Kept } from './backend.ts';

/** ms before what could not be taken comes again. */
const againMs = 2000;

/** Reads an inbox of the file for one listener. */
export class FileFollower implements Follower {
  readonly waiting: number;
  /** The last number that was there at the beginning. */
  readonly #last: number;
  /** The last number that was read. */
  #cursor: number;
  /** What was read and is not on the listener's disk yet, in order. */
  readonly #outstanding = new Set<number>();
  /** What is to come again, by when. */
  readonly #again = new Map<number, number>();
  /** The floor that the file has. */
  noted: number;
  #wake: () => void = () => undefined;
  #closed = false;

  /** @param onClose told of its end */
  constructor(
    private readonly file: HistoryFile,
    readonly about: { inbox: string; listener: string; floor: number },
    private readonly onClose: (ended: FileFollower) => Promise<void>,
  ) {
    this.#cursor = this.noted = about.floor;
    const sql = 'select count(*) as n, ifnull(max(seq), 0) as last from delivery where inbox = ? and seq > ?';
    const row = file.get(sql, [about.inbox, this.#cursor])!;
    this.waiting = Number(row.n);
    this.#last = Number(row.last);
  }

  /** All up to this number is on the listener's disk. */
  get floor(): number {
    const [first] = this.#outstanding;
    return first === undefined ? this.#cursor : first - 1;
  }

  /** There is something new. */
  wake(): void {
    this.#wake();
  }

  async next(signal: AbortSignal): Promise<Kept | null> {
    while (!signal.aborted && !this.#closed) {
      // What could not be taken comes before what follows it.
      const kept = this.#due() ?? (this.#again.size === 0 ? this.#following() : null);
      if (kept) return kept;
      await this.#woken(signal);
    }
    return null;
  }

  /** What was to come again, and may by now. */
  #due(): Kept | null {
    for (const [seq, at] of this.#again) {
      if (at > performance.now()) continue;
      this.#again.delete(seq);
      const row = this.file.get('select seq, head, body from delivery where seq = ?', [seq]);
      if (row) return this.#keptIn(row);
      this.#outstanding.delete(seq); // it was removed meanwhile
    }
    return null;
  }

  #following(): Kept | null {
    const sql = 'select seq, head, body from delivery where inbox = ? and seq > ? order by seq limit 1';
    const row = this.file.get(sql, [this.about.inbox, this.#cursor]);
    if (row === undefined) return null;
    this.#cursor = Number(row.seq);
    this.#outstanding.add(this.#cursor);
    return this.#keptIn(row);
  }

  #keptIn({ seq: number, head, body }: Row): Kept {
    const seq = Number(number);
    return {
      request: { ...JSON.parse(String(head)), body: body as Uint8Array } as RelayedRequest,
      before: seq <= this.#last,
      done: () => void this.#outstanding.delete(seq),
      again: () => {
        this.#again.set(seq, performance.now() + againMs);
        this.#wake();
      },
    };
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        clearTimeout(timer);
        resolve();
      };
      const timer = this.#again.size === 0 ? undefined : setTimeout(end, againMs);
      signal.addEventListener('abort', end);
      this.#wake = end;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.onClose(this);
  }
}
