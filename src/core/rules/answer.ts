import { usageError } from '../errors.ts';
import { tokenForm, valueForm, wireValue } from '../formats/parts.ts';
import { type HeaderPair, hopByHop } from '../headers.ts';
import { jsonValue } from '../json.ts';

/** An answer that does not depend on an app. */
export interface FixedAnswer {
  status: number;
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

/** The files that rules name. */
export interface Files {
  /** @throws UserError when it can't be read */
  read(name: string): Uint8Array;
  /** The whole path of one. */
  path(name: string): string;
}

/**
 * Reads `202`, `202 application/json {"ok":true}`, `202 text/plain @FILE` (its bytes are the body), or `@FILE`, which
 * holds a whole answer as HTTP has it: status line, headers, an empty line, the body.
 * @throws UserError that says what is wrong
 */
export function parseAnswer(text: string, { read }: Pick<Files, 'read'>): FixedAnswer {
  if (text.startsWith('@')) return whole(Buffer.from(read(text.slice(1))));
  const [, status, type, rest] =
    /^(\d+)(?:\s+([\w.+-]+\/[\w.+-]+(?:;\s*[\w-]+=[^\s;]+)*))?(?:\s+(.+))?$/s.exec(text) ?? [];
  if (status === undefined)
    throw usageError('rule', 'an answer is STATUS [TYPE] [BODY], as in 202 application/json {"ok":true}.');
  const body = rest?.startsWith('@') ? read(rest.slice(1)) : Buffer.from(rest ?? '');
  const guessed = jsonValue(rest ?? '') === undefined ? 'text/plain; charset=utf-8' : 'application/json';
  const shown = type ?? (rest === undefined ? null : guessed);
  return checked({
    status: Number(status),
    headers: shown === null ? [] : [['content-type', shown]],
    body,
  });
}

function whole(file: Buffer): FixedAnswer {
  // One character a byte, so that places in the text are those in the file.
  const text = file.toString('latin1');
  const [head, between] = /^(.*?)(\r?\n\r?\n|\r?\n?$)/s.exec(text)!.slice(1) as [string, string];
  const [first, ...lines] = head.split(/\r?\n/);
  const [, status] = /^(?:HTTP\/\d(?:\.\d)? +)?(\d+)(?: .*)?$/.exec(first!) ?? [];
  if (status === undefined)
    throw usageError('rule', 'its file does not begin with a status, as in "HTTP/1.1 202 Accepted".');
  const headers = lines.map((line): HeaderPair => {
    const colon = line.indexOf(':');
    if (colon === -1) throw usageError('rule', `"${line}" in its file is no header: write NAME: VALUE.`);
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return checked({ status: Number(status), headers, body: file.subarray(head.length + between.length) });
}

/** @throws UserError for what can't be sent */
function checked({ status, headers, body }: FixedAnswer): FixedAnswer {
  if (status < 200 || status > 599) throw usageError('rule', `${status} is no status from 200 to 599.`);
  if ((status === 204 || status === 304) && body.length > 0)
    throw usageError('rule', `a ${status} has no body: leave it out, or say 200.`);
  for (const [name, value] of headers) {
    if (!tokenForm.test(name) || !valueForm.test(value))
      throw usageError('rule', `the header "${name}" has characters that no header can hold.`);
    if (hopByHop.has(name.toLowerCase()) || name.toLowerCase() === 'content-length')
      throw usageError('rule', `the header ${name} can't be set: it is made for each answer.`);
  }
  return { status, headers: headers.map(([name, value]) => [name, wireValue(value)]), body };
}
