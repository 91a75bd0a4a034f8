import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, UserError, usageError } from '../../core/errors.ts';
import { parseFilter } from '../../core/filter.ts';
import type { ExportItem } from '../../core/formats/format.ts';
import { type FormatName, formats } from '../../core/formats/index.ts';
import type { Store } from '../../store/store.ts';
import { defineCommand } from '../command.ts';
import { pathArg } from './arguments.ts';

const names = Object.keys(formats) as FormatName[];

export const exportDeliveries = defineCommand({
  help: 'Write deliveries to a file that other tools, or import, can read',
  example: '--format har --filter status:failed --file failed.har',
  offline: true,
  positional: ['id'],
  args: z.object({
    id: z
      .union([z.array(z.string()), z.string().transform((one) => [one])])
      .default([])
      .describe('numbers, ids or the beginnings of ids, or "last"; all of them when absent'),
    filter: z.string().default('').describe('only deliveries that match'),
    format: z.enum(names).default('ndjson').describe(names.join(', ')),
    file: pathArg.optional().meta({ path: true }).describe('where to write it; to the screen when absent'),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
  }),
  run({ store }, { id, filter, format, file, secrets }) {
    const seqs = id.length > 0 ? id.map((each) => store.resolve(each).seq) : matching(store, filter);
    const text = formats[format].write(items(store, seqs), { secrets });
    if (file === undefined) return { exported: seqs.length, text: [...text].join('') };
    write(file, text);
    return { exported: seqs.length, file };
  },
});

const matching = (store: Store, filter: string): number[] =>
  store
    .page({ filter: parseFilter(filter), from: 'oldest', limit: 1_000_000 })
    .map(({ seq }) => seq)
    .reverse();

function* items(store: Store, seqs: readonly number[]): Generator<ExportItem> {
  for (const seq of seqs) {
    const delivery = store.delivery(seq);
    if (delivery) yield { delivery, attempts: store.attempts(seq) };
  }
}

function write(file: string, pieces: Iterable<string>): void {
  try {
    // "wx": an export never overwrites what is there.
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
    for (const piece of pieces) writeFileSync(file, piece, { flag: 'a' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw usageError('file', `${file} exists: choose another name.`);
    throw new UserError('file', `${file} can't be written: ${messageOf(error)}.`, 1, { cause: error });
  }
}
