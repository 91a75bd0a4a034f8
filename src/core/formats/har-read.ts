import { z } from 'zod';
import type { ImportedDelivery } from './format.ts';
import {
  base64Schema,
  importError,
  intakeSchema,
  methodSchema,
  nameSchema,
  parseEntry,
  targetSchema,
  valueSchema,
} from './parts.ts';

const logSchema = z.object({ log: z.object({ entries: z.array(z.unknown()) }) });
const urlSchema = z.object({ request: z.object({ url: z.string() }) });

const entrySchema = z.object({
  startedDateTime: z.iso.datetime({ offset: true, local: true }).transform(Date.parse),
  request: z.object({
    method: methodSchema,
    url: z.string(),
    httpVersion: z.string().default(''),
    // HTTP/2's ":path" and such are no headers, but browsers list them as such.
    headers: z
      .array(z.object({ name: z.string(), value: z.string() }))
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
        params: z.array(z.object({ name: z.string(), value: z.string().nullish() })).nullish(),
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

type Request = z.infer<typeof entrySchema>['request'];

/**
 * The requests in a HAR file of this tool, a browser or a proxy. What is no http(s) request (`data:`, `blob:`,
 * WebSockets) is left out.
 * @throws UserError that names the entry
 */
export function readHar(json: unknown): ImportedDelivery[] {
  const { log } = parseEntry(logSchema, json, 'HAR');
  return log.entries.flatMap((value, i) => {
    const where = `entry ${i + 1}`;
    const { url } = parseEntry(urlSchema, value, where).request;
    return /^https?:\/\//i.test(url) ? [imported(value, where)] : [];
  });
}

function imported(value: unknown, where: string): ImportedDelivery {
  const { startedDateTime, request, _delivery } = parseEntry(entrySchema, value, where);
  if (startedDateTime < 0) throw importError(where, 'startedDateTime: is before 1970');
  const { body, whole } = bodyOf(request, where);
  return {
    receivedAt: startedDateTime,
    method: request.method,
    target: _delivery.target ?? parseEntry(targetSchema, targetOf(request.url), `${where}: request.url`),
    httpVersion: httpVersion(request.httpVersion),
    headers: request.headers,
    body,
    remoteAddress: _delivery.remoteAddress ?? '',
    intake: _delivery.intake ?? (whole ? 'complete' : 'aborted'),
    origin: { id: _delivery.id ?? null, source: _delivery.source ?? null },
    masked: _delivery.masked ?? false,
  };
}

/** Path and query, as they are written: URL would normalise them. */
function targetOf(url: string): string {
  const rest = url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** `HTTP/1.1`, `http/2.0`, `HTTP/2`, `h2`, `h3` as Node writes it; 1.1 for what is none of these. */
function httpVersion(text: string): string {
  const [, major, minor = '0'] = /^(?:http\/|h)(\d)(?:\.(\d))?$/i.exec(text) ?? [];
  return major === undefined ? '1.1' : `${major}.${minor}`;
}

/** The body; `whole` is false when there was one that the file does not hold (browsers drop long ones). */
function bodyOf({ _body, postData, bodySize }: Request, where: string): { body: Uint8Array; whole: boolean } {
  if (_body) return { body: _body.text, whole: true };
  const { text, encoding, params } = postData ?? {};
  if (text != null)
    return {
      body:
        encoding === 'base64' ? parseEntry(base64Schema, text, `${where}: postData.text`) : Buffer.from(text),
      whole: true,
    };
  if (!params || params.length === 0) return { body: Buffer.alloc(0), whole: bodySize <= 0 };
  const form = new URLSearchParams(params.map(({ name, value }): [string, string] => [name, value ?? '']));
  return { body: Buffer.from(form.toString()), whole: true };
}
