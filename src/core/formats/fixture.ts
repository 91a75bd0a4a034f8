import * as z from 'zod';
import type { Delivery, HeaderPair } from '../delivery.ts';
import { printableJson } from '../text.ts';
import { readableText } from '../utf8.ts';
import type { Format, ImportedDelivery, WriteOptions } from './format.ts';
import { isTooDeep, maxJsonDepth, parseShallowJson, prettyJson } from './json-text.ts';
import {
  base64Schema,
  hasKey,
  importError,
  intakeSchema,
  maxHeaders,
  methodSchema,
  nameSchema,
  parseEntry,
  shown,
  targetSchema,
  valueSchema,
} from './parts.ts';
import { type Entry, readEach } from './reading.ts';
import { readTime } from './time-text.ts';

const bodyKeys = ['body', 'bodyText', 'bodyBase64'];

/** Characters of JSON that are laid out to be read: the indentation of a long one would outgrow it. */
const maxReadable = 256 * 1024;

const fixtureSchema = z.object({
  fixture: z.literal(1, 'this version of reducto-webhook-dev reads version 1'),
  receivedAt: z.union([z.string(), z.number()]).optional(),
  masked: z.boolean().default(false),
  intake: intakeSchema.default('complete'),
  method: methodSchema.default('POST'),
  path: targetSchema,
  headers: z
    .union([
      z.array(z.tuple([nameSchema, valueSchema])).max(maxHeaders),
      // By hand, this is how people write them.
      z.record(nameSchema, valueSchema).transform((record): [string, string][] => Object.entries(record)),
    ])
    .default([]),
  body: z.unknown().optional(),
  bodyText: z.string().optional(),
  bodyBase64: base64Schema.optional(),
});

/**
 * JSON to be read by people and committed with a project's tests: `body` is the JSON itself where writing it
 * compactly gives the same bytes again, else there is a `bodyText` or a `bodyBase64`. Several deliveries are an
 * array of these.
 */
export const fixture: Format = {
  help: "readable JSON, to be committed with a project's tests",
  extension: 'json',
  *write(items, options) {
    let before = '';
    let held: string | null = null;
    // A lone fixture stands without brackets, so each one waits until it is known whether another follows.
    for (const { delivery } of items) {
      if (held !== null) {
        yield `${before || '['}${held}`;
        before = ',\n';
      }
      held = printableJson(layout(delivery, options));
    }
    if (before !== '') yield `${before}${held}]\n`;
    else yield `${held ?? '[]'}\n`;
  },
  read: {
    accepts: ({ json }) =>
      Array.isArray(json) ? json.some((value) => hasKey(value, 'fixture')) : hasKey(json, 'fixture'),
    parse({ text, json, broken }, now) {
      if (isTooDeep(text)) throw importError('fixture', `nested deeper than ${maxJsonDepth} levels`);
      const values: unknown[] = Array.isArray(json) ? json : [json];
      return readEach(
        values,
        (value, i) => imported(value, Array.isArray(json) ? `fixture ${i + 1}` : 'fixture', now),
        broken,
      );
    },
  },
};

function layout(delivery: Delivery, { secrets, scrubbed }: WriteOptions): string {
  const { method, target, headers, body, masked } = shown(delivery, secrets);
  const { intake, receivedAt } = delivery;
  const head = {
    fixture: 1,
    receivedAt: new Date(receivedAt).toISOString(),
    ...(masked ? { masked } : {}),
    ...(scrubbed ? { scrubbed } : {}),
    ...(intake === 'complete' ? {} : { intake }),
    method,
    path: target,
  };
  const fields = [
    ...Object.entries(head).map(([name, value]) => field(name, JSON.stringify(value))),
    field('headers', pairs(headers)),
    ...bodyField(body),
  ];
  return `{\n${fields.join(',\n')}\n}`;
}

const field = (name: string, json: string): string => `  "${name}": ${json}`;

const pairs = (headers: readonly HeaderPair[]): string =>
  headers.length === 0
    ? '[]'
    : `[\n${headers.map(([name, value]) => `    [${JSON.stringify(name)}, ${JSON.stringify(value)}]`).join(',\n')}\n  ]`;

function bodyField(body: Uint8Array): string[] {
  if (body.length === 0) return [];
  const text = readableText(body);
  if (text === null) return [field('bodyBase64', JSON.stringify(Buffer.from(body).toString('base64')))];
  const json = text.length > maxReadable ? undefined : parseShallowJson(text);
  return json && JSON.stringify(json.value) === text
    ? [field('body', prettyJson(text)!.replaceAll('\n', '\n  '))]
    : [field('bodyText', JSON.stringify(text))];
}

function imported(value: unknown, where: string, now: number): Entry {
  const entry = parseEntry(fixtureSchema, value, where);
  const bodies = bodyKeys.filter((key) => hasKey(value, key));
  if (bodies.length > 1) throw importError(where, `has ${bodies.join(' and ')}: one of them is the body`);
  const time = entry.receivedAt === undefined ? { at: now, doubt: null } : readTime(entry.receivedAt);
  if (time === null)
    throw importError(where, 'receivedAt: is no time since 1970, such as 2026-11-20T10:00:00Z');
  const delivery: ImportedDelivery = {
    receivedAt: time.at,
    method: entry.method,
    target: entry.path,
    httpVersion: '1.1',
    headers: entry.headers,
    body:
      entry.bodyBase64 ??
      Buffer.from(entry.bodyText ?? (bodies[0] === 'body' ? JSON.stringify(entry.body) : '')),
    remoteAddress: '',
    intake: entry.intake,
    origin: { id: null, source: null },
    masked: entry.masked,
  };
  return time.doubt === null ? { delivery } : { delivery, warning: `${where}: ${time.doubt}` };
}
