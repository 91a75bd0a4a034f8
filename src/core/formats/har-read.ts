import { z } from 'zod';
import type { ImportedDelivery } from './format.ts';
import { harBody } from './har-body.ts';
import {
  base64Schema,
  importError,
  intakeSchema,
  maxHeaders,
  methodSchema,
  nameSchema,
  parseEntry,
  targetSchema,
  valueSchema,
} from './parts.ts';
import { type Entry, type Reading, readEach } from './reading.ts';

const logSchema = z.object({ log: z.object({ entries: z.array(z.unknown()) }) });
const urlSchema = z.object({ request: z.object({ url: z.string() }) });

const entrySchema = z.object({
  startedDateTime: z
    .string()
    .transform(isoTime)
    .pipe(z.iso.datetime({ offset: true, local: true }))
    .transform(Date.parse),
  request: z.object({
    method: methodSchema,
    url: z.string(),
    httpVersion: z.string().default(''),
    // HTTP/2's ":path" and such are no headers, but browsers list them as such.
    headers: z
      .array(z.object({ name: z.string(), value: z.string() }))
      .max(maxHeaders)
      .transform((headers) =>
        headers.filter(({ name }) => !name.startsWith(':')).map(({ name, value }) => [name, value] as const),
      )
      .pipe(z.array(z.tuple([nameSchema, valueSchema]))),
    bodySize: z.number().default(-1),
    postData: z
      .object({
        mimeType: z.string().nullish(),
        text: z.string().nullish(),
        // Not in HAR 1.2 for requests, but some tools write it as they do for responses.
        encoding: z.string().nullish(),
        params: z
          .array(
            z.object({
              name: z.string(),
              value: z.string().nullish(),
              fileName: z.string().nullish(),
              contentType: z.string().nullish(),
            }),
          )
          .nullish(),
      })
      .nullish(),
    _body: z.object({ encoding: z.literal('base64'), text: base64Schema }).optional(),
  }),
  _delivery: z
    .object({
      id: z.string().nullish(),
      source: z.string().nullish(),
      target: targetSchema.optional(),
      remoteAddress: z.string().optional(),
      intake: intakeSchema.optional(),
      masked: z.boolean().optional(),
    })
    .default({}),
});

/**
 * The requests in a HAR file of this tool, a browser or a proxy. What is no http(s) request (`data:`, `blob:`,
 * WebSockets) is left out, and so is, with a warning, an entry that can't be read.
 * @param before warnings about the file
 * @throws UserError when it is no HAR
 */
export function readHar(json: unknown, before: readonly string[] = []): Reading {
  const { log } = parseEntry(logSchema, json, 'HAR');
  return readEach(
    log.entries,
    (value, i) => {
      const where = `entry ${i + 1}`;
      const { url } = parseEntry(urlSchema, value, where).request;
      return /^(?!https?:)[a-z][a-z0-9+.-]*:/i.test(url) ? null : imported(value, where);
    },
    before,
  );
}

function imported(value: unknown, where: string): Entry {
  const { startedDateTime, request, _delivery } = parseEntry(entrySchema, value, where);
  if (startedDateTime < 0) throw importError(where, 'startedDateTime: is before 1970');
  const { bytes, doubt, incomplete } = request._body
    ? { bytes: request._body.text, doubt: null, incomplete: false }
    : harBody({ ...request, postData: request.postData ?? {} }, where);
  const delivery: ImportedDelivery = {
    receivedAt: startedDateTime,
    method: request.method,
    target: _delivery.target ?? parseEntry(targetSchema, targetOf(request.url), `${where}: request.url`),
    httpVersion: httpVersion(request.httpVersion),
    headers: request.headers,
    body: bytes,
    remoteAddress: _delivery.remoteAddress ?? '',
    intake: _delivery.intake ?? (incomplete ? 'aborted' : 'complete'),
    origin: { id: _delivery.id ?? null, source: _delivery.source ?? null },
    masked: _delivery.masked ?? false,
  };
  return doubt === null
    ? { delivery }
    : { delivery, warning: `${where}: ${doubt}${incomplete ? ' (marked as incomplete)' : ''}` };
}

/** A time as ISO 8601 has it: some tools leave the colon out of its offset, or write more than milliseconds. */
function isoTime(text: string): string {
  const [, day, time, fraction = '', zone = ''] =
    /^\s*(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?\s*$/i.exec(
      text,
    ) ?? [];
  if (day === undefined) return text;
  const offset = zone.replace(
    /^([+-]\d\d):?(\d\d)?$/,
    (_, hours: string, minutes = '00') => `${hours}:${minutes}`,
  );
  return `${day}T${time}${fraction === '' ? '' : `.${fraction.slice(0, 3)}`}${offset.toUpperCase()}`;
}

/** Path and query, as they are written: URL would normalise them. */
function targetOf(url: string): string {
  const rest = url.replace(/^(https?:)?\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** `HTTP/1.1`, `http/2.0`, `HTTP/2`, `h2`, `h3` as Node writes it; 1.1 for what is none of these. */
function httpVersion(text: string): string {
  const [, major, minor = '0'] = /^(?:http\/|h)(\d)(?:\.(\d))?$/i.exec(text) ?? [];
  return major === undefined ? '1.1' : `${major}.${minor}`;
}
