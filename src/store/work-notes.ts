import type { HistoryFile } from './database.ts';

/** A long piece of work (a replay, a retry schedule) as the history knows it. */
export interface WorkNote {
  id: string;
  /** What it does, in words. */
  label: string;
  /** How many requests it was to send; null when that was not known. */
  total: number | null;
  /** How many had ended when that was last noted. */
  done: number;
  /** ms since the epoch. */
  startedAt: number;
}

/**
 * Work under way, noted so that the next start knows what a kill cut short. Promises resolve once a note is on disk and
 * reject with StoreWriteError.
 */
export interface WorkNotes {
  /** Notes work that begins, or how far it has come by now. @param note its id is unlike that of any other process */
  put(note: WorkNote): Promise<void>;
  /** Work that has ended is forgotten. */
  remove(id: string): Promise<void>;
  /** What is noted, oldest first; right after the store was opened, all that its last user left unfinished. */
  all(): WorkNote[];
}

/** {@link WorkNotes} in the history's own file, whose writer it shares. */
export class SqliteWorkNotes implements WorkNotes {
  constructor(
    private readonly file: HistoryFile,
    private readonly enqueue: (write: () => void) => Promise<void>,
  ) {}

  put({ id, label, total, done, startedAt }: WorkNote): Promise<void> {
    const sql = 'insert or replace into work (id, label, total, done, started_at) values (?, ?, ?, ?, ?)';
    return this.enqueue(() => void this.file.run(sql, [id, label, total, done, startedAt]));
  }

  remove(id: string): Promise<void> {
    return this.enqueue(() => void this.file.run('delete from work where id = ?', [id]));
  }

  all(): WorkNote[] {
    return this.file.all('select * from work order by started_at, id').map((row) => ({
      id: row.id as string,
      label: row.label as string,
      total: row.total as number | null,
      done: row.done as number,
      startedAt: row.started_at as number,
    }));
  }
}
