import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import * as z from 'zod';
import { damageNote, warn } from '../../core/damage.ts';
import { systemCode, UserError, unwritable, usageError } from '../../core/errors.ts';
import { parseFilter } from '../../core/filter.ts';
import type { ExportItem, WriteOptions } from '../../core/formats/format.ts';
import { type FormatName, formats } from '../../core/formats/index.ts';
import type { ScrubSummary } from '../../core/scrub/summary.ts';
import type { Store } from '../../store/store.ts';
import { defineCommand } from '../command.ts';
import { appUrl, pathArg, wholeDelivery } from './arguments.ts';
import { scrubArgs, scrubbingBy } from './scrubbing.ts';

const names = Object.keys(formats) as FormatName[];
/** Deliveries whose numbers are looked up at once. */
const pageSize = 1000;
/** Characters of a result that go from a running tool to who asked for it; more goes through a file. */
const maxText = 64 * 1024 * 1024;

export const exportDeliveries = defineCommand({
  help: 'Write deliveries to a file that other tools, or import, can read',
  example: '--format har --filter status:failed --file failed.har',
  offline: true,
  reads: true,
  positional: ['id'],
  args: z.object({
    id: z
      .union([z.array(z.string()), z.string().transform((one) => [one])])
      .default([])
      .describe('numbers, ids or the beginnings of ids, or "last"; all of them when absent'),
    filter: z.string().default('').describe('only deliveries that match'),
    format: z.enum(names).default('ndjson').describe(names.join(', ')),
    file: pathArg.optional().meta({ path: true }).describe('where to write it; to the screen when absent'),
    force: z.boolean().default(false).describe('write over a file that exists'),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
    ...scrubArgs,
  }),
  async run(context, { id, filter, format, file, force, secrets, ...scrub }): Promise<Exported> {
    const { store } = context;
    const scrubbing = await scrubbingBy(scrub, secrets);
    const seqs = id.length > 0 ? id.map((each) => wholeDelivery(store, each).seq) : matching(store, filter);
    const counter = { exported: 0, warnings: [] as string[] };
    const all = counted(items(store, seqs, counter.warnings), counter);
    const options = { secrets, url: appUrl(context) };
    const pieces = scrubbing
      ? piecesOf(format, scrubbing.items(all, 'answers' in formats[format]), scrubbing.options(options))
      : piecesOf(format, all, options);
    const result = (): Exported => ({ ...counter, ...(scrubbing ? { scrubbed: scrubbing.summary() } : {}) });
    if (context.take) {
      for await (const piece of pieces) await context.take(piece);
      return result();
    }
    if (file === undefined) {
      const text = await whole(pieces);
      return { text, ...result() };
    }
    await write(file, force, pieces);
    return { ...result(), file };
  },
});

/** What was exported: to a file, to who takes it in pieces, or the text itself. */
export interface Exported {
  exported: number;
  /** What was left out, a line each. */
  warnings: string[];
  text?: string;
  file?: string;
  /** What was replaced; absent where nothing was to be. */
  scrubbed?: ScrubSummary;
}

/** The numbers of all that match, oldest first, a page at a time: there may be millions. */
function* matching(store: Store, text: string): Generator<number> {
  const filter = parseFilter(text);
  for (let after = 0; ; ) {
    const page = store.page({ filter, from: 'oldest', after, limit: pageSize }).map(({ seq }) => seq);
    yield* page.reverse();
    if (page.length < pageSize) return;
    after = page.at(-1)!;
  }
}

function* items(store: Store, seqs: Iterable<number>, warnings: string[]): Generator<ExportItem> {
  for (const seq of seqs) {
    const delivery = store.delivery(seq);
    if (!delivery) continue;
    if (delivery.broken) {
      warn(warnings, `left out: #${seq} is ${damageNote(delivery)}`);
      continue;
    }
    const attempts = store.attempts(seq);
    const whole = attempts.filter(({ damage }) => damage === undefined);
    if (whole.length < attempts.length)
      warn(
        warnings,
        `#${seq} goes without ${attempts.length - whole.length} of its attempts, damaged in the history`,
      );
    yield { delivery, attempts: whole };
  }
}

function* counted(all: Iterable<ExportItem>, counter: { exported: number }): Generator<ExportItem> {
  for (const item of all) {
    counter.exported += 1;
    yield item;
  }
}

/** The text in pieces; between them others have their turn, since this may take long. */
async function* piecesOf(
  format: FormatName,
  all: Iterable<ExportItem>,
  options: WriteOptions,
): AsyncGenerator<string> {
  for (const piece of formats[format].write(all, options)) {
    yield piece;
    await turn();
  }
}

async function whole(pieces: AsyncIterable<string>): Promise<string> {
  const kept: string[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > maxText) throw usageError('export', 'That is too long for the screen: give --file.');
    kept.push(piece);
  }
  return kept.join('');
}

/** Writes a file beside the one that is meant, which appears only when it is whole and on the disk. */
async function write(file: string, force: boolean, pieces: AsyncIterable<string>): Promise<void> {
  const part = `${file}.part-${randomBytes(4).toString('hex')}`;
  try {
    if (!force && (await exists(file))) throw usageError('file', existsText(file));
    await writeAll(await open(part, 'wx', 0o600), pieces);
    if (force) await rename(part, file);
    else await place(part, file);
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof UserError) throw error;
    if (systemCode(error) === undefined) throw error; // not the file's fault
    throw unwritable(file, error);
  }
}

async function writeAll(handle: FileHandle, pieces: AsyncIterable<string>): Promise<void> {
  try {
    for await (const piece of pieces) await handle.appendFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives a file its name, unless that is taken meanwhile. */
async function place(part: string, file: string): Promise<void> {
  try {
    await link(part, file);
    await rm(part);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') throw usageError('file', existsText(file));
    // Some file systems have no links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    await rename(part, file);
  }
}

const existsText = (file: string): string => `${file} exists: choose another name, or give --force.`;

const exists = (file: string): Promise<boolean> =>
  access(file, constants.F_OK).then(
    () => true,
    () => false, // what else is wrong with it is told when it is written
  );
