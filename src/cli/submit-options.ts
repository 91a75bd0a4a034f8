import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { messageOf, UserError, usageError } from '../core/errors.ts';
import { compactJson, JsonText } from '../core/json.ts';
import { jobTypes } from '../core/trigger-events.ts';
import { parseTimer } from '../core/units.ts';

const duration = z.string().transform((text, context) => {
  const ms = parseTimer(text);
  if (ms === null) context.addIssue(`"${text}" is not a duration such as 30s or 5m`);
  return ms ?? z.NEVER;
});

const schema = z.object({
  type: z.enum(jobTypes).default('parse'),
  schema: z.string().optional(),
  instructions: z.string().optional(),
  split: z.string().optional(),
  pipelineId: z.string().optional(),
  options: z.string().optional(),
  metadata: z.array(z.string()).default([]),
  secret: z.string().optional(),
  priority: z.boolean().optional(),
  path: z.string().default('/'),
  webhookUrl: z.string().optional(),
  svix: z.boolean().default(false),
  channel: z.array(z.string()).optional(),
  emulator: z.union([z.string(), z.literal(true)]).optional(),
  wait: z.boolean().default(true),
  timeout: duration.default(15 * 60_000),
  tunnelTimeout: duration.default(60_000),
  result: z.boolean().default(false),
  output: z.enum(['plain', 'json']).default('plain'),
  data: z.string().min(1).optional(),
});

export type SubmitOptions = z.output<typeof schema>;

/** The flags of `submit`: as commander takes them, and their help. */
export const submitFlags: readonly (readonly [flag: string, help: string])[] = [
  ['--type <type>', `${jobTypes.join(', ')} (default: parse)`],
  ['--schema <file>', 'extract: the JSON schema of what is wanted, a file or the JSON itself'],
  ['--instructions <text>', 'extract, split, edit: what to do, in words'],
  ['--split <file>', 'split: a list of {"name", "description"}, a file or the JSON itself'],
  ['--pipeline-id <id>', 'pipeline: which one'],
  ['--options <file>', "anything else of the request's body, a file or the JSON itself; merged into it"],
  [
    '--metadata <k=v...>',
    'sent back with the webhook: user_id=123 (text), pages:=3 (JSON), or a JSON object',
  ],
  ['--secret <value>', 'metadata.secret, for handlers that check it (env: WEBHOOK_SECRET)'],
  ['--priority', 'ask for priority processing'],
  ['--path <path>', "added to this tool's public URL, as in /webhook (default: /)"],
  ['--webhook-url <url>', 'have the webhook sent there instead'],
  ['--svix', "have it sent through Svix, to the portal's endpoints"],
  ['--channel <name...>', 'with --svix: only to endpoints that have one of these'],
  ['--emulator [url]', 'submit to the emulator of the running tool, or to the one at this URL'],
  ['--no-wait', "don't wait for the webhook"],
  ['--timeout <duration>', 'wait this long for the webhook (default: 15m)'],
  ['--tunnel-timeout <duration>', 'wait this long for the public URL (default: 60s)'],
  ['--result', "print the job's result in the end"],
];

/** Takes what commander read. @throws UserError that names the flag */
export function parseSubmitOptions(given: unknown): SubmitOptions {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const flag = String(issue!.path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw usageError('submit', `--${flag}: ${issue!.message}.`);
  }
  const options = parsed.data;
  if (options.channel !== undefined && !options.svix)
    throw usageError('channel', '--channel is for Svix: add --svix.');
  if (options.svix && options.webhookUrl !== undefined)
    throw usageError('svix', '--svix sends to the endpoints of the portal: leave --webhook-url away.');
  return options;
}

/**
 * The input, also where a flag that takes values has swallowed it: `submit --emulator invoice.pdf`.
 * @throws UserError when there is none
 */
export function findInput(
  input: string | undefined,
  options: SubmitOptions,
): { input: string; options: SubmitOptions } {
  if (input !== undefined) return { input, options };
  const { emulator, metadata } = options;
  if (typeof emulator === 'string' && !/^https?:/.test(emulator))
    return { input: emulator, options: { ...options, emulator: true } };
  const last = metadata.at(-1);
  if (last !== undefined && !/[={]/.test(last))
    return { input: last, options: { ...options, metadata: metadata.slice(0, -1) } };
  throw usageError('input', `What is to be submitted? Give a file, or a ${inputUrls} URL.`);
}

/** The URLs that Reducto takes documents by, in words. */
export const inputUrls = 'https://, reducto:// or jobid://';

/** A value given as JSON, or as the name of a file with JSON, as it was written. @throws UserError */
export function readJson(text: string, flag: string): JsonText {
  const inline = /^\s*[[{]/.test(text);
  let json = text;
  try {
    if (!inline) json = readFileSync(text, 'utf8');
  } catch (error) {
    throw new UserError('file', `${flag}: ${text} can't be read: ${messageOf(error)}.`, 2, { cause: error });
  }
  try {
    JSON.parse(json);
    return new JsonText(compactJson(json));
  } catch (error) {
    throw usageError('json', `${flag}: ${inline ? 'this' : text} is not JSON: ${messageOf(error)}.`);
  }
}

/** As {@link readJson}, for what has to be an object. */
export function readJsonObject(text: string, flag: string): JsonText {
  const value = readJson(text, flag);
  if (!value.text.startsWith('{')) throw usageError('json', `${flag}: it must be a JSON object.`);
  return value;
}
