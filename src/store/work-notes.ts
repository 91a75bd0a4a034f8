import * as is from './columns.ts';
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
  /** What it was told to do, as JSON, for the next start to do what is left; null when that can't be. */
  plan: string | null;
}

/** One attempt of a piece of work, counted from 0: which of its sends, and which try of that. */
export interface WorkStep {
  work: string;
  index: number;
  retry: number;
}

/** A step that was begun, by one endpoint. */
export interface BegunStep {
  /** See {@link stepKey}. */
  key: string;
  endpoint: string;
  /** The status, the error's code, or `interrupted`. */
  label: string;
  /** Whether the sender was to miss the answer. */
  lost: boolean;
  /** When it ended, or began where it did not end; ms since the epoch. */
  at: number;
}

/** A step in a line, as it stands with the attempt. */
export const stepKey = ({ work, index, retry }: WorkStep): string => `${work}/${index}/${retry}`;

/**
 * Work under way, noted so that the next start knows what a kill cut short. Promises resolve once a note is on disk and
 * reject with StoreWriteError.
 */
export interface WorkNotes {
  /** Notes work that begins. @param note its id is unlike that of any other process */
  put(note: WorkNote): Promise<void>;
  /** Notes how far it has come. */
  progress(id: string, done: number): Promise<void>;
  /** Work that has ended is forgotten. */
  remove(id: string): Promise<void>;
  /** What is noted, oldest first; right after the store was opened, all that its last user left unfinished. */
  all(): WorkNote[];
  /** The steps that a piece of work has begun, without copies that a fault made. */
  begun(id: string): BegunStep[];
}

const readNote = is.reader({
  id: is.text,
  label: is.text,
  total: is.optional(is.natural),
  done: is.natural,
  started_at: is.time,
  plan: is.optional(is.jsonText),
});

const readStep = is.reader({
  work: is.text,
  endpoint: is.text,
  label: is.text,
  marks: is.optional(is.text),
  started_at: is.time,
  duration_ms: is.optional(is.quantity),
});

/** {@link WorkNotes} in the history's own file, whose writer it shares. */
export class SqliteWorkNotes implements WorkNotes {
  constructor(
    private readonly file: HistoryFile,
    private readonly enqueue: (write: () => void) => Promise<void>,
  ) {}

  put({ id, label, total, done, startedAt, plan }: WorkNote): Promise<void> {
    const sql =
      'insert or replace into work (id, label, total, done, started_at, plan) values (?, ?, ?, ?, ?, ?)';
    return this.enqueue(() => void this.file.run(sql, [id, label, total, done, startedAt, plan]));
  }

  progress(id: string, done: number): Promise<void> {
    return this.enqueue(() => void this.file.run('update work set done = ? where id = ?', [done, id]));
  }

  remove(id: string): Promise<void> {
    return this.enqueue(() => void this.file.run('delete from work where id = ?', [id]));
  }

  all(): WorkNote[] {
    return this.file.all('select * from work order by started_at, id').map((row) => {
      const { id, label, total, done, started_at, plan } = readNote(row, []);
      return { id, label, total, done, startedAt: started_at, plan };
    });
  }

  begun(id: string): BegunStep[] {
    const sql = `select work, endpoint, label, marks, started_at, duration_ms from attempt
      where work >= ? and work < ? and reason <> 'duplicate'`;
    return this.file.all(sql, [`${id}/`, `${id}0`]).map((row) => {
      const { work, endpoint, label, marks, started_at, duration_ms } = readStep(row, []);
      const at = started_at + (duration_ms ?? 0);
      return { key: work, endpoint, label, lost: marks?.includes('"lost-ack') ?? false, at };
    });
  }
}
