import { compactJson, JsonText, memberText } from '../core/json.ts';
import type { JobType, WebhookTarget } from '../store/jobs.ts';
import type { JsonBody } from './body.ts';
import { bodies } from './schemas.ts';
import { validated } from './validate.ts';

/** What someone wants done, whichever of the three request shapes it came in. */
export interface Submission {
  type: JobType;
  /** Documents, as URLs of any kind. */
  inputs: string[];
  webhook: WebhookTarget;
  /** Undefined when none was given. */
  metadata: JsonText | undefined;
  /** The body as it came: its value, and its text without white space. */
  config: Record<string, unknown>;
  configText: string;
}

type Loose = Record<string, unknown>;
const object = (value: unknown): Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};

/** Whether a body has the legacy shape: `document_url` in place of `input`. */
export const isLegacy = (config: Loose): boolean =>
  config.input === undefined && config.document_url !== undefined;

/**
 * Reads the body of a submission: V3 (`input`, `async`), edit (flat) or legacy V2 (`document_url`, `webhook`).
 * @throws InvalidRequest when it does not obey the published schema
 */
export function readSubmission(type: JobType, { value: body, text }: JsonBody): Submission {
  const shapes = bodies[type];
  const legacy = 'v2' in shapes && isLegacy(object(body)) ? shapes.v2 : null;
  validated<Loose>(legacy ?? shapes.v3, body, 'body');
  const config = body as Loose; // with its keys in the order they came
  const flat = type === 'Edit' || legacy !== null;
  const metadata = memberText(text, [flat ? 'webhook' : 'async', 'metadata']);
  return {
    type,
    inputs: inputsOf(config.input ?? config.document_url),
    webhook: flat ? flatTarget(config.webhook) : v3Target(config.async),
    metadata: metadata === undefined ? undefined : new JsonText(metadata),
    config,
    configText: compactJson(text),
  };
}

/** Whether a job's result is kept for ever (`persist_results`, at any of its places). */
export const persists = (config: Loose): boolean =>
  [config, object(config.settings), parsingSettings(config), object(config.advanced_options)].some(
    ({ persist_results }) => persist_results === true,
  );

/** The parse settings of a job, which an extract or split job has under `parsing`. */
export const parsingSettings = (config: Loose): Loose => object(object(config.parsing).settings);

/** V3: `{mode?, url}` is direct, anything else that is not null goes to Svix. */
function v3Target(value: unknown): WebhookTarget {
  const { webhook } = object(value);
  if (webhook === undefined || webhook === null) return null;
  const { mode, url, channels } = object(webhook);
  const direct = mode === 'direct' || (mode === undefined && typeof url === 'string');
  return direct ? { mode: 'direct', url: String(url) } : svix(channels);
}

/** Edit and V2: off unless a mode is named. */
function flatTarget(value: unknown): WebhookTarget {
  const { mode, url, channels } = object(value);
  if (mode === 'direct') return { mode, url: String(url) };
  return mode === 'svix' ? svix(channels) : null;
}

const svix = (channels: unknown): WebhookTarget => ({
  mode: 'svix',
  channels: Array.isArray(channels) && channels.length > 0 ? channels : null,
});

function inputsOf(input: unknown): string[] {
  if (typeof input === 'string') return [input];
  if (Array.isArray(input)) return input as string[];
  return [String(object(input).file_id)];
}
