import { z } from 'zod';
import { memberText } from './json.ts';

/** The three fields that Reducto sends, direct or through Svix (docs.reducto.ai, "Direct webhooks"). */
export interface ReductoPayload {
  status: 'Completed' | 'Failed';
  jobId: string;
  /** Whatever JSON the caller gave with the job; undefined when the key is absent. */
  metadata: unknown;
  /** The same as JSON in one line, its numbers and the order of its keys as they were written. */
  metadataText: string | undefined;
}

/** Whether a body is a Reducto payload and, when it is not, precisely why. */
export type Recognition = ({ kind: 'reducto' } & ReductoPayload) | { kind: 'other'; reason: string };

// SQLite reads JSON to 1,000 levels; far below that nothing that walks through metadata can run out of stack.
const maxDepth = 500;

const schema = z.object({
  status: z.enum(['Completed', 'Failed']),
  job_id: z.string().min(1),
  metadata: z.unknown().optional(),
});

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of `bytes`, or null when they are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null; // the decoder has one way to fail: the bytes are not UTF-8
  }
}

/** Looks for a Reducto payload in a raw body. */
export function recognise(body: Uint8Array): Recognition {
  if (body.length === 0) return other('the body is empty');
  const text = decodeUtf8(body);
  if (text === null) return other('the body is not UTF-8 text');
  if (text.startsWith('\ufeff')) return other('the body begins with a byte order mark (BOM): JSON has none');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return other(`the body is not JSON: ${withoutQuote((error as Error).message)}`);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return other(explain(json, parsed.error.issues[0]!));
  const { status, job_id, metadata } = parsed.data;
  if (body.length > 2 * maxDepth && isDeeperThan(metadata, maxDepth))
    return other(`metadata is nested more than ${maxDepth} levels deep`);
  return { kind: 'reducto', status, jobId: job_id, metadata, metadataText: metadataText(text, metadata) };
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

function isDeeperThan(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

const other = (reason: string): Recognition => ({ kind: 'other', reason });

function explain(json: unknown, issue: z.core.$ZodIssue): string {
  const field = issue.path[0];
  if (field === undefined) return `the body is ${kindOf(json)}, not a JSON object`;
  const value = (json as Record<string, unknown>)[String(field)];
  if (value === undefined) return `${String(field)} is missing`;
  if (field === 'status')
    return `status is ${brief(value)}, where Reducto sends "Completed" or "Failed" (title case)`;
  return value === '' ? 'job_id is empty' : `${String(field)} is ${kindOf(value)}, not a string`;
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
