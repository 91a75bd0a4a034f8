import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite, { type Database } from 'node-sqlite3-wasm';
import { messageOf, UserError } from '../core/errors.ts';
import { migrations } from './schema.ts';

/** A database that is only read. */
interface Linked {
  db: Database;
  /** Called once it is closed. */
  removeLinks(): void;
}

/**
 * Opens a history where nothing can be written: the disk is full, or only to be read.
 * @throws UserError when there is none (`no-history`), it can't be read, or is of another version
 */
export function openReadOnly(path: string): Linked {
  if (!existsSync(path)) throw new UserError('no-history', `There is no history ${path} yet.`);
  const linked = openLinked(path);
  try {
    const [row] = linked.db.all('pragma user_version') as [{ user_version: number }];
    if (row.user_version === migrations.length) return linked;
    throw new Error('another version of reducto-webhook-dev wrote it, and it can not be brought up');
  } catch (error) {
    linked.db.close();
    linked.removeLinks();
    throw unreadable(path, error);
  }
}

/**
 * Opens a database of whatever state, and changes nothing of it. The engine makes its lock beside the file it is
 * given, so it is given links, from a folder elsewhere that takes no space.
 * @throws UserError when that can't be done
 */
export function openLinked(path: string): Linked {
  let links: string | null = null;
  const removeLinks = (): void => {
    if (links !== null) rmSync(links, { recursive: true, force: true });
  };
  try {
    links = mkdtempSync(join(tmpdir(), 'reducto-webhook-dev-'));
    for (const end of ['', '-wal'])
      if (existsSync(path + end)) symlinkSync(path + end, join(links, `history.db${end}`));
    const db = new sqlite.Database(join(links, 'history.db'), { readOnly: true });
    db.exec('pragma locking_mode = exclusive');
    return { db, removeLinks };
  } catch (error) {
    removeLinks();
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, error: unknown): UserError =>
  new UserError('history-unreadable', `The history ${path} can't be read: ${messageOf(error)}.`, 1, {
    cause: error,
  });
