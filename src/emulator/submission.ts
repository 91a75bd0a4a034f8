import type { JobType, WebhookTarget } from '../store/jobs.ts';
import { bodies } from './schemas.ts';
import { validated } from './validate.ts';

/** What someone wants done, whichever of the three request shapes it came in. */
export interface Submission {
  type: JobType;
  /** Documents, as URLs of any kind. */
  inputs: string[];
  webhook: WebhookTarget;
  /** Undefined when none was given. */
  metadata: unknown;
  /** The body as it came. */
  config: Record<string, unknown>;
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
export function readSubmission(type: JobType, body: unknown): Submission {
  const shapes = bodies[type];
  const legacy = 'v2' in shapes && isLegacy(object(body)) ? shapes.v2 : null;
  validated<Loose>(legacy ?? shapes.v3, body, 'body');
  const config = body as Loose; // with its keys in the order they came
  const flat = type === 'Edit' || legacy !== null;
  const { webhook, metadata } = flat ? flatTarget(config.webhook) : v3Target(config.async);
  return {
    type,
    inputs: inputsOf(config.input ?? config.document_url),
    webhook,
    metadata,
    config,
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
function v3Target(value: unknown): Pick<Submission, 'webhook' | 'metadata'> {
  const { webhook, metadata } = object(value);
  if (webhook === undefined || webhook === null) return { webhook: null, metadata };
  const { mode, url, channels } = object(webhook);
  const direct = mode === 'direct' || (mode === undefined && typeof url === 'string');
  return { webhook: direct ? { mode: 'direct', url: String(url) } : svix(channels), metadata };
}

/** Edit and V2: off unless a mode is named; the metadata is inside. */
function flatTarget(value: unknown): Pick<Submission, 'webhook' | 'metadata'> {
  const { mode, url, metadata, channels } = object(value);
  if (mode === 'direct') return { webhook: { mode, url: String(url) }, metadata };
  return { webhook: mode === 'svix' ? svix(channels) : null, metadata };
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
