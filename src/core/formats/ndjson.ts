import * as z from 'zod';
import { jsonValue } from '../json.ts';
import { bodyRecord } from '../record.ts';
import { printableJson } from '../text.ts';
import type { ExportItem, Format, ImportedDelivery, WriteOptions } from './format.ts';
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
  timeSchema,
  valueSchema,
} from './parts.ts';
import { readEach } from './reading.ts';

const lineSchema = z.object({
  v: z.literal(1, 'this version of reducto-webhook-dev reads version 1'),
  id: z.string().nullish(),
  source: z.string().nullish(),
  receivedAt: timeSchema,
  method: methodSchema,
  target: targetSchema,
  httpVersion: z.string().max(10).default('1.1'),
  remoteAddress: z.string().default(''),
  intake: intakeSchema.default('complete'),
  masked: z.boolean().default(false),
  headers: z.array(z.tuple([nameSchema, valueSchema])).max(maxHeaders),
  body: z.discriminatedUnion('encoding', [
    z.object({ encoding: z.literal('utf8'), data: z.string().transform((text) => Buffer.from(text)) }),
    z.object({ encoding: z.literal('base64'), data: base64Schema }),
  ]),
});

/** One delivery a line, and all of it: what is read is what was written, byte for byte (but for masks). */
export const ndjson: Format = {
  help: 'one delivery a line; imported again it is identical',
  extension: 'ndjson',
  *write(items, options) {
    for (const item of items) {
      const json = line(item, options);
      yield ''; // others have their turn before the next step of what may be megabytes
      yield `${printableJson(json)}\n`;
    }
  },
  read: {
    // The first line may be the bad one.
    accepts: ({ text }) =>
      text
        .slice(0, maxLooked)
        .split('\n')
        .some((content) => /^\s*\{.*"v"/.test(content) && hasKey(jsonValue(content), 'v')) ||
      hasKey(jsonValue(firstLine(text)), 'v'),
    parse: ({ text }) =>
      readEach(text.split('\n'), (content, i) =>
        content.trim() === '' ? null : { delivery: readLine(content, `line ${i + 1}`) },
      ),
  },
};

/** Characters in which a line is looked for that tells the format. */
const maxLooked = 64 * 1024;

const firstLine = (text: string): string => /^\s*(\{.*)/.exec(text)?.[1] ?? '';

function line({ delivery }: ExportItem, { secrets, scrubbed }: WriteOptions): string {
  const { method, target, headers, body, masked } = shown(delivery, secrets);
  const { encoding, data } = bodyRecord(body, { secrets: true });
  const { id, source, receivedAt, httpVersion, remoteAddress, intake, acknowledgement } = delivery;
  return JSON.stringify({
    v: 1,
    id,
    source,
    receivedAt,
    method,
    target,
    httpVersion,
    remoteAddress,
    intake,
    masked,
    ...(scrubbed ? { scrubbed } : {}),
    headers,
    body: { encoding, data },
    acknowledgement,
  });
}

/**
 * One line of a file.
 * @param where the line as people count it
 * @throws UserError that names it and what is wrong with it
 */
export function readLine(content: string, where: string): ImportedDelivery {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw importError(where, `not JSON: ${(error as Error).message}`);
  }
  const { v: _, id, source, body, ...rest } = parseEntry(lineSchema, value, where);
  return { ...rest, body: body.data, origin: { id: id ?? null, source: source ?? null } };
}

/** A delivery from any file as a line of this format: what {@link readLine} reads is the same again. */
export const importedLine = ({ body, origin, ...rest }: ImportedDelivery): string => {
  const { encoding, data } = bodyRecord(body, { secrets: true });
  return JSON.stringify({ v: 1, ...origin, ...rest, body: { encoding, data } });
};
