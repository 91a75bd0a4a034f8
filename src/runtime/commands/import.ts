import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import * as z from 'zod';
import { messageOf, UserError } from '../../core/errors.ts';
import { parseFilter } from '../../core/filter.ts';
import type { ImportedDelivery, Reading } from '../../core/formats/format.ts';
import { readDeliveries } from '../../core/formats/index.ts';
import { importedLine, readLine } from '../../core/formats/ndjson.ts';
import { checkParsedHere, maxParsedHere } from '../../core/formats/parsed-here.ts';
import { systemClock } from '../../core/ids.ts';
import { formatSize } from '../../core/units.ts';
import { ownDelivery } from '../../dispatch/own-delivery.ts';
import type { Store } from '../../store/store.ts';
import { defineCommand } from '../command.ts';
import { pathArg } from './arguments.ts';

/** Deliveries that are on their way to the disk at once. */
const batch = 50;

/** What was put into the history. */
interface Added {
  imported: number;
  first: number | null;
  last: number | null;
  /** Of these, those whose secrets had been masked. */
  masked: number;
}

/** Of what was imported, that which the history has no room for. */
interface NotKept {
  /** Gone by now or, where no `listen` runs, to go when one starts. */
  notKept: number;
  /** The limit that leaves no room for them, as its setting is called; absent when all are kept. */
  limit?: 'keep' | 'keepBytes';
}

/** What was imported. */
export interface Imported extends Added, NotKept {
  /** What was left out, is not as it was sent, or is not kept, a line each. */
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
    text: z
      .string()
      .optional()
      .meta({ hidden: true })
      .describe('what is in the file, which then is only a name: whoever asks has it'),
  }),
  async run({ store, live }, { file, prepared, text }): Promise<Imported> {
    const add = async (deliveries: Deliveries, warnings: string[]): Promise<Imported> => {
      const added = await addAll(store, deliveries);
      const [rest, told] = notKept(store, added, live !== null);
      return { ...added, ...rest, warnings: [...warnings, ...told] };
    };
    const addParsed = async (bytes: Uint8Array): Promise<Imported> => {
      checkParsedHere(file, bytes.length);
      const { deliveries, warnings } = readDeliveries(bytes, systemClock.now(), maxParsedHere);
      return await add(deliveries, warnings);
    };
    if (text !== undefined) return await addParsed(Buffer.from(text));
    const handle = await openRegular(file);
    try {
      if (prepared) return await add(linesOf(handle), []);
      const { size } = await handle.stat();
      checkParsedHere(file, size);
      return await addParsed(await handle.readFile());
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

type Deliveries = Iterable<ImportedDelivery> | AsyncIterable<ImportedDelivery>;

async function addAll(store: Store, deliveries: Deliveries): Promise<Added> {
  const result: Added = { imported: 0, first: null, last: null, masked: 0 };
  let waiting: Promise<{ seq: number }>[] = [];
  const settle = async (): Promise<void> => {
    for (const { seq } of await Promise.all(waiting)) {
      result.first ??= seq;
      result.last = seq;
    }
    waiting = [];
    await store.trim(); // or a long file fills the disk with what is to go
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

/**
 * What of an import the history has no room for, and a line about it.
 * @param live whether a `listen` runs, so that it is gone already
 */
function notKept(store: Store, { imported, first, last }: Added, live: boolean): [NotKept, string[]] {
  const { limit, most, left } = store.surplus();
  if (first === null || last === null || limit === null) return [{ notKept: 0 }, []];
  const there = store.count(parseFilter(`source:import seq:>=${first} seq:<=${last}`));
  const gone = Math.max(0, imported - there); // others may have been imported meanwhile
  const count = gone + left.filter((seq) => seq >= first && seq <= last).length;
  if (count === 0) return [{ notKept: 0 }, []];
  const [room, flag] =
    limit === 'keep' ? [`${most} deliveries`, '--keep'] : [`${formatSize(most)} of bodies`, '--keep-bytes'];
  const what = live
    ? `could not be kept: this history has room for ${room} (${flag})`
    : `will go when listen starts, which keeps ${room} (${flag})`;
  const how = `start listen with a higher ${flag}${live ? ' and import them again' : ''}`;
  return [
    { notKept: count, limit },
    [`${count} of these ${what}, and what was imported goes first: ${how}.`],
  ];
}

/** What any file holds as lines that `prepared` takes. */
export const preparedLines = ({ deliveries }: Reading): Iterable<string> =>
  (function* () {
    for (const delivery of deliveries) yield `${importedLine(delivery)}\n`;
  })();
