import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HeaderPair } from '../core/delivery.ts';
import { messageOf, UserError, usageError } from '../core/errors.ts';
import { bodyBytes, type DeliveryRecord } from '../core/record.ts';

/** A request as someone has rewritten it; the body in base64, as commands take it. */
export interface EditedRequest {
  headers: [string, string][];
  body: string;
}

const hint = '# Change headers and body, save and close to send. Empty the file to send nothing.';

/**
 * Opens the user's editor (`$VISUAL`, `$EDITOR`, or vi) on a request, with the terminal for its own.
 * @returns the request as it was saved; null when the file was emptied
 * @throws UserError when the body is not text, the editor fails, or what was saved is no request
 */
export async function editRequest({
  headers,
  body,
}: Pick<DeliveryRecord, 'headers' | 'body'>): Promise<EditedRequest | null> {
  if (body.encoding !== 'utf8')
    throw usageError('edit', 'The body is not text: change single values with --set or --header instead.');
  const dir = mkdtempSync(join(tmpdir(), 'reducto-webhook-dev-'));
  const file = join(dir, 'request.http');
  let keep = false;
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  // It may hold secrets: it goes too when this process is told to end meanwhile.
  process.once('exit', remove);
  try {
    const head = headers.map(([name, value]) => `${name}: ${value}`).join('\n');
    writeFileSync(file, `${hint}\n${head}\n\n${body.data}`, { mode: 0o600 });
    await openEditor(file);
    keep = true; // what was typed is not lost to a slip
    const edited = parse(readFileSync(file, 'utf8'), bodyBytes(body), file);
    keep = false;
    return edited;
  } finally {
    process.off('exit', remove);
    if (!keep) remove();
  }
}

async function openEditor(file: string): Promise<void> {
  const editor = process.env.VISUAL || process.env.EDITOR || 'vi';
  // Through a shell, since the variable may hold arguments ("code --wait"); the path is made here and is plain.
  const child = spawn(`${editor} "${file}"`, { stdio: 'inherit', shell: true });
  // An editor without the tool that waits for it would be left with a terminal that is no longer its own.
  const end = (): void => void child.kill();
  process.once('exit', end);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new UserError('editor', `${editor} can't be started: ${messageOf(error)}.`)),
    );
    child.once('exit', (...ending) => resolve(ending));
  }).finally(() => process.off('exit', end));
  if (signal !== null) throw new UserError('editor', `${editor} was stopped (${signal}): nothing was sent.`);
  if (code !== 0)
    throw new UserError(
      'editor',
      `${editor} ended with code ${code}: nothing was sent. Set $EDITOR to another one.`,
    );
}

function parse(text: string, original: Uint8Array, file: string): EditedRequest | null {
  const lines = text.split('\n').filter((line, i) => !(i === 0 && line.startsWith('#')));
  if (lines.join('').trim() === '') return null;
  const gap = lines.findIndex((line) => line.trim() === '');
  const head = gap === -1 ? lines : lines.slice(0, gap);
  const headers = head.map((line): HeaderPair => {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*?)\r?$/.exec(line) ?? [];
    if (name === undefined)
      throw usageError(
        'edit',
        `"${line}" is not a header (an empty line ends them): nothing was sent, and your text is kept in ${file}.`,
      );
    return [name, value!];
  });
  let body = Buffer.from(gap === -1 ? '' : lines.slice(gap + 1).join('\n'));
  // Editors end a file with a line break; the request had none.
  if (original.at(-1) !== 10 && body.at(-1) === 10) body = body.subarray(0, -1);
  return { headers: headers as [string, string][], body: body.toString('base64') };
}
