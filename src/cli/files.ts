import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { usageError } from '../core/errors.ts';
import { maxImportBytes, readDeliveries } from '../core/formats/index.ts';
import { systemClock } from '../core/ids.ts';
import { formatSize } from '../core/units.ts';
import { preparedLines, unreadable } from '../runtime/commands/import.ts';
import type { CommandResult } from '../runtime/commands/index.ts';
import { printWarnings } from './result.ts';

// A tool that runs takes deliveries meanwhile: what may wait for a reader, a writer or a parser is done in this
// process, and the two share a file.

/** Reads a file here, a pipe or the standard input too, and has the tool take what is in it. */
export async function importHere(
  file: string,
  run: (prepared: string) => Promise<CommandResult<'import'>>,
): Promise<CommandResult<'import'>> {
  const reading = readDeliveries(await read(file), systemClock.now());
  return withFile(async (prepared) => {
    await pipeline(
      Readable.from(preparedLines(reading)),
      createWriteStream(prepared, { flags: 'wx', mode: 0o600 }),
    );
    const result = await run(prepared);
    return { ...result, warnings: [...reading.warnings, ...result.warnings] };
  });
}

async function read(file: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxImportBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  if (size > maxImportBytes)
    throw usageError(
      'import',
      `${file} is over ${formatSize(maxImportBytes)}: split it and import the parts.`,
    );
  return Buffer.concat(chunks);
}

/** Has the tool write an export to a file, and that to the standard output: it may be longer than memory is. */
export const exportToOutput = (
  run: (file: string) => Promise<{ warnings: readonly string[] }>,
): Promise<void> =>
  withFile(async (file) => {
    printWarnings(await run(file));
    await pipeline(createReadStream(file), process.stdout, { end: false });
  });

async function withFile<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'reducto-webhook-dev-'));
  try {
    return await work(join(folder, 'deliveries'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
