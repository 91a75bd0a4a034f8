import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import spawn from 'cross-spawn'; // also starts `code`, which is a .cmd on Windows
import { parseArgsStringToArgv } from 'string-argv';
import type { HeaderPair } from '../core/delivery.ts';
import { messageOf, UserError, usageError } from '../core/errors.ts';
import { bodyBytes, type DeliveryRecord } from '../core/record.ts';

/** A request as someone has rewritten it; the body in base64, as commands take it. */
export interface EditedRequest {
  headers: [string, string][];
  body: string;
}

const hint = '# Change headers and body, save and close to send. Empty the file to send nothing.';

/** ms: a Ctrl-C goes to the editor and to this process, and can be told here after the end that it gave the editor. */
const interruptMs = 100;

const defaultEditor = process.platform === 'win32' ? 'notepad' : 'vi';

/**
 * Opens the user's editor (`$VISUAL`, `$EDITOR`, or vi; notepad on Windows) on a request, with the terminal for its own.
 * @returns the request as it was saved; null when the file was emptied
 * @throws UserError when the body is not text, the editor fails, or what was saved is no request
 */
export async function editRequest({
  headers,
  body,
}: Pick<DeliveryRecord, 'headers' | 'body'>): Promise<EditedRequest | null> {
  if (body.encoding !== 'utf8')
    throw usageError('edit', 'The body is not text: change single values with --set or --header instead.');
  const dir = mkdtempSync(join(tmpdir(), 'reducto-webhook-dev-')); // for this user alone
  const file = join(dir, 'request.http');
  let keep = false;
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  let stop = (): void => undefined;
  const release = beforeEnd(() => {
    stop(); // an editor without the tool that waits for it would be left with a terminal that is no longer its own
    remove(); // it may hold secrets
  });
  try {
    const head = headers.map(([name, value]) => `${name}: ${value}`).join('\n');
    writeFileSync(file, `${hint}\n${head}\n\n${body.data}`, { mode: 0o600 });
    const editor = openEditor(file);
    stop = editor.stop;
    await editor.closed.finally(() => delay(interruptMs));
    keep = true; // what was typed is not lost to a slip
    const edited = parse(readFileSync(file, 'utf8'), bodyBytes(body), file);
    keep = false;
    return edited;
  } finally {
    release();
    if (!keep) remove();
  }
}

/** Has `tidy` run when this process ends meanwhile, whether by itself or by a signal. @returns ends that */
function beforeEnd(tidy: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    tidy();
    // Where others listen too, they end the process in their own way.
    if (process.listenerCount(signal) > 1) return;
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
  };
  // Ctrl-C, typed into the editor, is the editor's.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  process.once('exit', tidy);
  return () => {
    process.off('SIGINT', ignore);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, onSignal);
    process.off('exit', tidy);
  };
}

function openEditor(file: string): { closed: Promise<void>; stop(): void } {
  const editor = process.env.VISUAL?.trim() || process.env.EDITOR?.trim() || defaultEditor;
  // Without a shell: the variable may hold arguments ("code --wait"), but nothing in it or in the path is run.
  const [command, ...args] = parseArgsStringToArgv(editor);
  const child = spawn(command!, [...args, file], { stdio: 'inherit' });
  const advice = 'nothing was sent. Set $EDITOR to another one.';
  const closed = new Promise<void>((resolve, reject) => {
    const fail = (message: string): void => reject(new UserError('editor', `${editor} ${message}`));
    child.once('error', (error) => fail(`can't be started (${messageOf(error)}): ${advice}`));
    child.once('exit', (code, signal) => {
      if (signal !== null) fail(`was stopped (${signal}): nothing was sent.`);
      else if (code !== 0) fail(`ended with code ${code}: ${advice}`);
      else resolve();
    });
  });
  return { closed, stop: () => void child.kill() };
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

/** Whether a request was saved as it had been. */
export const isUnchanged = (
  { headers, body }: Pick<DeliveryRecord, 'headers' | 'body'>,
  edited: EditedRequest,
): boolean =>
  Buffer.from(edited.body, 'base64').equals(bodyBytes(body)) &&
  JSON.stringify(headers) === JSON.stringify(edited.headers);
