import { UserError } from '../core/errors.ts';
import { checkParsedHere } from '../core/formats/parsed-here.ts';
import type { CommandResult } from '../runtime/commands/index.ts';
import type { Session } from '../runtime/session.ts';

/** What of a file was imported; what the history has no room for is told in the warnings. */
export type Imported = Omit<CommandResult<'import'>, 'notKept' | 'limit'>;

/** Characters that are given to the tool at once, where a file can be divided. */
const maxPart = 1024 * 1024;

/** A part of a file that can be read by itself. */
interface Part {
  text: string;
  /** How much of the file it ends at, from 0 to 1. */
  end: number;
  /** Entries of the file that come before it. */
  before?: number;
}

/** How an import is followed, and ended. */
export interface ImportProgress {
  signal: AbortSignal;
  /** Told how much of the text is in, from 0 to 1. */
  onProgress(part: number): void;
}

/**
 * Imports what a file holds: lines, and the entries of a long HAR file, part by part, so that the file may be long; any other
 * format at once.
 * What is in stays in when it is cancelled.
 * @throws UserError when nothing of it can be read
 */
export async function importText(
  session: Session,
  { name, text }: { name: string; text: string },
  { signal, onProgress }: ImportProgress,
): Promise<Imported> {
  const parts = partsOf(name, text);
  const all: Imported = { imported: 0, first: null, last: null, masked: 0, warnings: [] };
  let failure: UserError | null = null;
  for (const part of parts) {
    if (signal.aborted) break;
    try {
      const result = await session.run('import', { file: name, text: part.text });
      all.imported += result.imported;
      all.first ??= result.first;
      all.last = result.last ?? all.last;
      all.masked += result.masked;
      all.warnings.push(...result.warnings.map((warning) => inFile(warning, part)));
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'no-answer') throw error;
      failure ??= error;
      all.warnings.push(inFile(error.message, part));
    }
    onProgress(part.end);
  }
  if (all.imported === 0 && failure !== null) throw failure;
  if (signal.aborted) all.warnings.push('Cancelled: the rest of the file was not imported.');
  return all;
}

/** Whether the first line is a document of its own, and there are others. */
function holdsLines(text: string): boolean {
  const line = /^\s*(\{.*)\n/.exec(text)?.[1];
  if (line === undefined) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false; // the first line of a document that is laid out
  }
}

/** @throws UserError for a file that is too large to be given at once, and can't be divided */
function partsOf(name: string, text: string): Iterable<Part> {
  if (holdsLines(text)) return partsOfLines(text);
  const har = text.length > maxPart ? readLog(text) : null;
  if (har !== null) return partsOfHar(har);
  checkParsedHere(name, text.length);
  return [{ text, end: 1 }];
}

/** A text in parts that end with a line. Empty lines stand for those before it: what is wrong is told by the file's own lines. */
function* partsOfLines(text: string): Generator<Part> {
  let lines = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.length - from <= maxPart ? -1 : text.indexOf('\n', from + maxPart);
    const to = end === -1 ? text.length : end + 1;
    const part = text.slice(from, to);
    yield { text: '\n'.repeat(lines) + part, end: to / text.length };
    lines += part.split('\n').length - 1;
    from = to;
  }
}

/** What of a HAR file matters here; null for a text that is none. */
function readLog(text: string): { log: { entries: unknown[] } } | null {
  try {
    const har = JSON.parse(text) as { log?: { entries?: unknown } } | null;
    return Array.isArray(har?.log?.entries) && har.log.entries.length > 0
      ? (har as { log: { entries: unknown[] } })
      : null;
  } catch {
    return null; // the tool says what is wrong with it
  }
}

/** A HAR file as several, each with some of its entries. */
function* partsOfHar({ log }: { log: { entries: unknown[] } }): Generator<Part> {
  const all = log.entries.length;
  for (let from = 0; from < all; ) {
    const entries: string[] = [];
    for (let size = 0; size < maxPart && from + entries.length < all; size += entries.at(-1)!.length)
      entries.push(JSON.stringify(log.entries[from + entries.length]));
    const to = from + entries.length;
    yield { text: `{"log":{"entries":[${entries.join()}]}}`, before: from, end: to / all };
    from = to;
  }
}

/** What is told of a part, with the number that an entry has in the file. */
const inFile = (told: string, { before = 0 }: Part): string =>
  told.replace(/\bentry (\d+)/, (_, number: string) => `entry ${Number(number) + before}`);
