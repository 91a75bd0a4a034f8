import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { jsonDepth, maxJsonDepth } from './formats/json-text.ts';
import { memberText } from './json.ts';
import { outlineOf } from './json-outline.ts';
import { formatSize } from './units.ts';
import { decodeUtf8 } from './utf8.ts';

/** The three fields that Reducto sends, direct or through Svix (docs.reducto.ai, "Direct webhooks"). */
export interface ReductoPayload {
  status: 'Completed' | 'Failed';
  jobId: string;
  /** Whatever JSON the caller gave with the job; undefined when the key is absent. */
  metadata: unknown;
  /** The same as JSON in one line, its numbers and the order of its keys as they were written. */
  metadataText: string | undefined;
  /** What is to be known of it besides, in words: that its metadata is too long to look into. */
  note: string | null;
}

/** Whether a body is a Reducto payload and, when it is not, precisely why. */
export type Recognition = ({ kind: 'reducto' } & ReductoPayload) | { kind: 'other'; reason: string };

// A payload is a few hundred bytes. What is longer is not made a value of, since that can take seconds: its three
// members are looked for in its bytes.
const maxParsed = 64 * 1024;
const maxJobId = 1000;

const schema = z.object({
  status: z.enum(['Completed', 'Failed']),
  job_id: z.string().min(1).max(maxJobId),
  metadata: z.unknown().optional(),
});

/** Looks for a Reducto payload in a raw body. Takes time in proportion to its length, and 10 MB some 20 ms. */
export function recognise(body: Uint8Array): Recognition {
  if (body.length === 0) return other('the body is empty');
  if (!isUtf8(body)) return other('the body is not UTF-8 text');
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf)
    return other('the body begins with a byte order mark (BOM): JSON has none');
  return body.length > maxParsed ? recogniseLong(body) : recogniseText(decodeUtf8(body)!);
}

function recogniseText(text: string): Recognition {
  const json = parsed(text);
  if (typeof json === 'string') return other(json);
  const fields = schema.safeParse(json.value);
  if (!fields.success) return other(explain(json.value, fields.error.issues[0]!));
  const { status, job_id: jobId, metadata } = fields.data;
  if (isDeep(text)) return other(`metadata is nested more than ${maxJsonDepth} levels deep`);
  return {
    kind: 'reducto',
    status,
    jobId,
    metadata,
    metadataText: metadataText(text, metadata),
    note: null,
  };
}

/** Whether the metadata is nested so deeply that what walks through it would run out of stack. */
function isDeep(text: string): boolean {
  let brackets = 0;
  for (let i = 0; i < text.length; i++) if (text[i] === '{' || text[i] === '[') brackets += 1;
  // A closer look is dear, and next to never needed.
  return brackets > maxJsonDepth && jsonDepth(memberText(text, ['metadata']) ?? '') > maxJsonDepth;
}

/** The value of a JSON text, or why it is none. */
function parsed(text: string): { value: unknown } | string {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return `the body is not JSON: ${withoutQuote((error as Error).message)}`;
  }
}

/** Of a long body only what is told apart by it is parsed, and of long metadata only its secret. */
function recogniseLong(body: Uint8Array): Recognition {
  const outline = outlineOf(body, ['status', 'job_id', 'metadata']);
  if (outline === null) return other('the body is not a JSON object');
  const bytesOf = (name: string): Uint8Array => body.subarray(...(outline.get(name) ?? [0, 0]));
  const metadata = bytesOf('metadata');
  const short = ['status', 'job_id'].filter((name) => bytesOf(name).length <= 2 * maxJobId);
  if (metadata.length <= maxParsed) short.push('metadata');
  const members = short.flatMap((name) =>
    outline.has(name) ? [`"${name}":${decodeUtf8(bytesOf(name))}`] : [],
  );
  const found = recogniseText(`{${members.join(',')}}`);
  if (found.kind === 'other' || metadata.length <= maxParsed) return found;
  return {
    ...found,
    metadata: secretOf(metadata),
    note: `${formatSize(metadata.length)} of metadata, which is not looked into`,
  };
}

/** The one member of metadata that has a meaning here; undefined when there is none. */
function secretOf(metadata: Uint8Array): { secret: unknown } | undefined {
  const [from, to] = outlineOf(metadata, ['secret'])?.get('secret') ?? [0, 0];
  if (from === to || to - from > maxParsed) return undefined;
  const json = parsed(decodeUtf8(metadata.subarray(from, to))!);
  return typeof json === 'string' ? undefined : { secret: json.value };
}

function metadataText(text: string, metadata: unknown): string | undefined {
  if (metadata === undefined) return undefined;
  const json = JSON.stringify(metadata);
  // Most senders write it so: nothing was lost, and it need not be looked for.
  const end = `"metadata":${json}}`;
  if (text.endsWith(end) && /[,{]/.test(text.charAt(text.length - end.length - 1))) return json;
  return memberText(text, ['metadata']);
}

// V8 quotes the text around the place, which can be a secret: `Unexpected token 'x', ..."cret":x"... is not …`.
const withoutQuote = (message: string): string =>
  message
    .replace(/^(Unexpected token .{1,4}), .* is not valid JSON$/s, '$1')
    .replace(/^".*" is not valid JSON$/s, 'it begins with no JSON value');

const other = (reason: string): Recognition => ({ kind: 'other', reason });

function explain(json: unknown, issue: z.core.$ZodIssue): string {
  const field = issue.path[0];
  if (field === undefined) return `the body is ${kindOf(json)}, not a JSON object`;
  const value = (json as Record<string, unknown>)[String(field)];
  if (value === undefined) return `${String(field)} is missing`;
  if (field === 'status')
    return `status is ${brief(value)}, where Reducto sends "Completed" or "Failed" (title case)`;
  if (typeof value === 'string')
    return value === '' ? 'job_id is empty' : `job_id is longer than ${maxJobId} characters`;
  return `${String(field)} is ${kindOf(value)}, not a string`;
}

const brief = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : kindOf(value);

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'an array'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;
