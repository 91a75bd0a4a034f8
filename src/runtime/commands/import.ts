import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf, UserError } from '../../core/errors.ts';
import type { ImportedDelivery } from '../../core/formats/format.ts';
import { readDeliveries } from '../../core/formats/index.ts';
import { importedLine, readLine } from '../../core/formats/ndjson.ts';
import type { Reading } from '../../core/formats/reading.ts';
import { systemClock } from '../../core/ids.ts';
import { formatSize } from '../../core/units.ts';
import { ownDelivery } from '../../dispatch/own-delivery.ts';
import type { Store } from '../../store/store.ts';
import { defineCommand } from '../command.ts';
import { pathArg } from './arguments.ts';

/** Bytes of a file that is parsed in the process that receives deliveries, too: more would keep a sender waiting. */
const maxParsedHere = 4 * 1024 * 1024;
/** Deliveries that are on their way to the disk at once. */
const batch = 50;

/** What was imported. */
interface Imported {
  imported: number;
  first: number | null;
  last: number | null;
  /** Of these, those whose secrets had been masked. */
  masked: number;
  /** What was left out, or is not as it was sent, a line each. */
  warnings: string[];
}

export const importDeliveries = defineCommand({
  help: 'Read deliveries from a file: HAR, ndjson or fixture',
  example: 'deliveries.ndjson',
  offline: true,
  positional: ['file'],
  args: z.object({
    file: pathArg.meta({ path: true }).describe('the file; /dev/stdin and pipes too'),
    prepared: z
      .boolean()
      .default(false)
      .meta({ hidden: true })
      .describe('whether the command line has read it already, and this is what it has made of it'),
  }),
  async run({ store }, { file, prepared }): Promise<Imported> {
    const handle = await openRegular(file);
    try {
      if (prepared) return await addAll(store, linesOf(handle), []);
      const { size } = await handle.stat();
      if (size > maxParsedHere)
        throw new UserError(
          'import',
          `${file} is over ${formatSize(maxParsedHere)}: import it from another terminal, with reducto-webhook-dev import.`,
        );
      const { deliveries, warnings } = readDeliveries(await handle.readFile(), systemClock.now());
      return await addAll(store, deliveries, warnings);
    } finally {
      await handle.close();
    }
  },
});

/**
 * Opens what is a file, without waiting: a FIFO that nobody writes, a terminal or a device would keep who runs this
 * waiting for ever.
 */
async function openRegular(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new UserError('file', `${file} is not a file: import it on the command line.`);
}

export const unreadable = (file: string, error: unknown): UserError =>
  new UserError('file', `${file} can't be read: ${messageOf(error)}.`, 2, { cause: error });

async function* linesOf(handle: FileHandle): AsyncGenerator<ImportedDelivery> {
  let number = 0;
  const input = handle.createReadStream({ autoClose: false, encoding: 'utf8' });
  // U+2028 and its like are no ends of lines in JSON.
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
    yield readLine(line, `line ${++number}`);
}

async function addAll(
  store: Store,
  deliveries: Iterable<ImportedDelivery> | AsyncIterable<ImportedDelivery>,
  warnings: string[],
): Promise<Imported> {
  const result: Imported = { imported: 0, first: null, last: null, masked: 0, warnings };
  let waiting: Promise<{ seq: number }>[] = [];
  const settle = async (): Promise<void> => {
    for (const { seq } of await Promise.all(waiting)) {
      result.first ??= seq;
      result.last = seq;
    }
    waiting = [];
    await turn(); // who waits for the receiver goes first
  };
  for await (const { origin: _, masked, ...request } of deliveries) {
    waiting.push(store.addDelivery(ownDelivery({ ...request, source: 'import' })));
    result.imported += 1;
    if (masked) result.masked += 1;
    if (waiting.length >= batch) await settle();
  }
  await settle();
  return result;
}

/** What any file holds as lines that `prepared` takes. */
export const preparedLines = ({ deliveries }: Reading): Iterable<string> =>
  (function* () {
    for (const delivery of deliveries) yield `${importedLine(delivery)}\n`;
  })();
