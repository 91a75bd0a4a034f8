import * as z from 'zod';
import type { ImportedDelivery, Reading } from './format.ts';
import { bodyFields, bytesOfBase64, harBody, type ReadBody } from './har-body.ts';
import { headersOf, methodOf, type Note, objectOf, targetOf, textOf, urlOf } from './har-request.ts';
import { intakeSchema, parseEntry, targetSchema } from './parts.ts';
import { type Entry, readEach } from './reading.ts';
import { readTime } from './time-text.ts';

const logSchema = z.object({ log: z.object({ entries: z.array(z.unknown()) }) });
const entrySchema = z.object({ request: z.record(z.string(), z.unknown()) });

/** Doubts of one entry that are told. */
const maxTold = 5;

/**
 * The requests in a HAR file of this tool, a browser or a proxy. What is no http(s) request (`data:`, `blob:`,
 * WebSockets) is left out, and so is, with a warning, what is no entry. A field that can't be read never loses its
 * entry: what was guessed or left out is told.
 * @param now ms since the epoch, for an entry whose time can't be read
 * @param before warnings about the file
 * @throws UserError when it is no HAR
 */
export function readHar(json: unknown, now: number, before: readonly string[] = []): Reading {
  const { log } = parseEntry(logSchema, json, 'HAR');
  return readEach(
    log.entries,
    (value, i) => {
      const { request } = parseEntry(entrySchema, value, `entry ${i + 1}`);
      return isHttp(urlOf(request))
        ? imported(objectOf(value), request, { where: `entry ${i + 1}`, now })
        : null;
    },
    before,
  );
}

/** Whether a URL is of http(s), or names no scheme: `localhost:3000/hook` has a port. */
const isHttp = (url: string): boolean =>
  !/^(?!https?:|[\w.-]+:\d{1,5}(?![^/?#]))[a-z][a-z0-9+.-]*:/i.test(url);

function imported(
  entry: Record<string, unknown>,
  request: Record<string, unknown>,
  { where, now }: { where: string; now: number },
): Entry {
  const doubts: string[] = [];
  const note: Note = (doubt) => void doubts.push(doubt);
  const ours = objectOf(entry._delivery);
  const fields = bodyFields(request);
  const headers = headersOf(request, fields.mimeType, note);
  const body = ownBody(request) ?? harBody(fields, headers);
  if (body.doubt !== null) note(body.doubt);
  const target = targetSchema.safeParse(ours.target);
  const delivery: ImportedDelivery = {
    receivedAt: timeOf(entry.startedDateTime, now, note),
    method: methodOf(request.method, note),
    target: target.success ? target.data : targetOf(request, note),
    httpVersion: httpVersion(textOf(request.httpVersion) ?? ''),
    headers,
    body: body.bytes,
    remoteAddress: textOf(ours.remoteAddress) ?? '',
    intake: intakeSchema.safeParse(ours.intake).data ?? (body.incomplete ? 'aborted' : 'complete'),
    origin: { id: textOf(ours.id) ?? null, source: textOf(ours.source) ?? null },
    masked: ours.masked === true,
  };
  if (doubts.length === 0) return { delivery };
  const told = [
    ...doubts.slice(0, maxTold),
    ...(doubts.length > maxTold ? [`${doubts.length - maxTold} more`] : []),
  ];
  return {
    delivery,
    warning: `${where}: ${told.join('; ')}${body.incomplete ? ' (marked as incomplete)' : ''}`,
  };
}

/** The bytes that our own exports keep beside what HAR has; null where there are none. */
function ownBody(request: Record<string, unknown>): ReadBody | null {
  const { encoding, text } = objectOf(request._body);
  const bytes = encoding === 'base64' && typeof text === 'string' ? bytesOfBase64(text) : null;
  return bytes && { bytes, doubt: null, incomplete: false };
}

function timeOf(value: unknown, now: number, note: Note): number {
  const time = readTime(value);
  if (time === null) note("its time can't be read: that of the import is taken");
  else if (time.doubt !== null) note(time.doubt);
  return time?.at ?? now;
}

/** `HTTP/1.1`, `http/2.0`, `HTTP/2`, `h2`, `h3` as Node writes it; 1.1 for what is none of these. */
function httpVersion(text: string): string {
  const [, major, minor = '0'] = /^(?:http\/|h)(\d)(?:\.(\d))?$/i.exec(text) ?? [];
  return major === undefined ? '1.1' : `${major}.${minor}`;
}
