import { once } from 'node:events';
import type { Response } from 'express';
import { messageOf, usageError } from '../core/errors.ts';
import { type FormatName, formats } from '../core/formats/index.ts';
import { scrubLines } from '../core/scrub/summary.ts';
import type { Exported } from '../runtime/commands/export.ts';
import { truth, whileWaitedFor } from './answers.ts';
import type { ApiBackend } from './backend.ts';

/** ms that nothing may be read: a reader that has stopped holds up the end of the tool. */
const stalledMs = 60_000;

/**
 * An export as a download, sent while it is written, however long it is. Nothing is sent before the arguments are known
 * to be right; what goes wrong later breaks the connection, so that nobody takes a part for the whole.
 * @throws UserError as the command does
 */
export async function sendExport(response: Response, secrets: boolean, backend: ApiBackend): Promise<void> {
  const { name, args } = asked(response.req.query);
  const signal = whileWaitedFor(response);
  const begin = (): void => {
    if (!response.headersSent) response.attachment(name).type('application/octet-stream');
  };
  const take = async (piece: string): Promise<void> => {
    signal.throwIfAborted();
    begin();
    if (response.write(piece)) return;
    await once(response, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(stalledMs)]) });
  };
  try {
    const exported = (await backend.run('export', { ...args, secrets }, { signal, take })) as Exported;
    begin();
    response.end();
    const told = [...exported.warnings, ...(exported.scrubbed ? scrubLines(exported.scrubbed) : [])];
    if (told.length > 0) backend.tell?.('export', `${name}: ${told.join(' ')}`);
  } catch (error) {
    // A browser that follows a link shows no more than that it got no file, or not all of it.
    const unread = response.headersSent || response.req.headers['sec-fetch-mode'] === 'navigate';
    if (unread && !signal.aborted)
      backend.tell?.('export', `${name} is not there, or not whole: ${messageOf(error)}`);
    throw error;
  }
}

/** The command's arguments, and the name of the file. @throws UserError when one is given twice, or none of these */
function asked({
  id,
  file,
  force,
  secrets: _,
  scrub,
  scrubPath,
  scrubKeep,
  ...rest
}: Record<string, unknown>): {
  name: string;
  args: object;
} {
  const given = Object.entries({ id, file, scrub, ...rest });
  const odd = given.find(([, value]) => value !== undefined && typeof value !== 'string');
  if (odd) throw usageError('arguments', `export: one "${odd[0]}", please.`);
  if (force !== undefined)
    throw usageError('arguments', 'export: no file is overwritten here: leave out force.');
  const { extension } = formats[rest.format as FormatName] ?? formats.ndjson;
  return {
    name: (file as string | undefined) || `deliveries.${extension}`,
    args: {
      ...rest,
      ...(id === undefined ? {} : { id: (id as string).split(',') }),
      ...(scrub === undefined ? {} : { scrub: truth(scrub, 'scrub') }),
      ...(scrubPath === undefined ? {} : { scrubPath }),
      ...(scrubKeep === undefined ? {} : { scrubKeep }),
    },
  };
}
