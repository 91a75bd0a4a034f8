import { z } from 'zod';
import { bodyRecord } from '../record.ts';
import { printableJson } from '../text.ts';
import type { ExportItem, Format, ImportedDelivery } from './format.ts';
import {
  base64Schema,
  hasKey,
  importError,
  intakeSchema,
  methodSchema,
  nameSchema,
  parseEntry,
  shown,
  targetSchema,
  timeSchema,
  valueSchema,
} from './parts.ts';

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
  headers: z.array(z.tuple([nameSchema, valueSchema])),
  body: z.discriminatedUnion('encoding', [
    z.object({ encoding: z.literal('utf8'), data: z.string().transform((text) => Buffer.from(text)) }),
    z.object({ encoding: z.literal('base64'), data: base64Schema }),
  ]),
});

/** One delivery a line, and all of it: what is read is what was written, byte for byte (but for masks). */
export const ndjson: Format = {
  help: 'one delivery a line; imported again it is identical',
  extension: 'ndjson',
  *write(items, { secrets }) {
    for (const item of items) yield `${printableJson(line(item, secrets))}\n`;
  },
  read: {
    accepts({ text }) {
      const first = /^\s*(\{.*)/.exec(text)?.[1];
      return first !== undefined && hasKey(parseLine(first, 'line 1', null), 'v');
    },
    parse: ({ text }) =>
      text.split('\n').flatMap((content, i) => {
        const where = `line ${i + 1}`;
        return content.trim() === '' ? [] : [imported(parseLine(content, where), where)];
      }),
  },
};

function line({ delivery }: ExportItem, secrets: boolean): string {
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
    headers,
    body: { encoding, data },
    acknowledgement,
  });
}

/** @param fallback returned when the line is not JSON; without it that is an error */
function parseLine(content: string, where: string, fallback?: null): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    if (fallback !== undefined) return fallback;
    throw importError(where, `not JSON: ${(error as Error).message}`);
  }
}

function imported(value: unknown, where: string): ImportedDelivery {
  const { v: _, id, source, body, ...rest } = parseEntry(lineSchema, value, where);
  return { ...rest, body: body.data, origin: { id: id ?? null, source: source ?? null } };
}
