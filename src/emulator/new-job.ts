import { printJson } from '../core/json.ts';
import type { JobStatus, JobType, StoredJob, WebhookTarget } from '../store/jobs.ts';
import { type Documents, examine } from './documents.ts';
import { between } from './ids.ts';
import { hasEnded } from './jobs.ts';
import type { EmulatorSettings } from './settings.ts';
import type { Submission } from './submission.ts';
import type { Uploads } from './uploads.ts';

/** A job as a command or a check makes it; what is left out is as plain as can be. */
export interface NewJob {
  /** A UUID when absent; a job with the same id is replaced. */
  id?: string;
  /** `Parse` when absent. */
  type?: JobType;
  /** `Completed` when absent. One that has not ended stays so until `endJob`, unless `processingMs` is given. */
  status?: JobStatus;
  metadata?: unknown;
  /** Whom its end is told; nobody when absent or false. */
  webhook?: WebhookTarget | false;
  /** Of the document; 1 when absent. */
  pages?: number;
  /** Why it failed. */
  reason?: string;
  /** The body it was submitted with; a plain one of its type when absent. */
  config?: Record<string, unknown>;
  /** ms until it ends by itself as `Completed`. */
  processingMs?: number;
  /** ms ago that it was made, and ended where it has; 0 when absent. */
  ageMs?: number;
  /** Whence its result comes; drawn when absent. Jobs with the same seed have the same result. */
  seed?: number;
}

/** What every new job gets from outside. */
export interface JobSource {
  settings: EmulatorSettings;
  /** From 0 up to 1, from the run's seed. */
  random(): number;
  newId(): string;
  /** ms since the epoch. */
  now: number;
}

const input = 'https://example.com/document.pdf';
/** The body that a plain job of a type is submitted with. */
export const plainConfig: Record<JobType, Record<string, unknown>> = {
  Parse: { input },
  Extract: {
    input,
    instructions: { schema: { type: 'object', properties: { total: { type: 'number' } } } },
  },
  Split: { input, split_description: [{ name: 'Invoice', description: 'Invoices' }] },
  Edit: { document_url: input, edit_instructions: 'Fill in the form' },
  Pipeline: { input, pipeline_id: 'pipeline_1' },
  Classify: { input, classification_schema: [] },
};

const drawSeed = (random: () => number): number => Math.floor(random() * 2 ** 31);

/** A job in a given state. */
export function makeJob(given: NewJob, { settings, random, newId, now }: JobSource): StoredJob {
  const { type = 'Parse', status = 'Completed', pages = 1, ageMs = 0, processingMs } = given;
  const madeAt = now - ageMs;
  const ended = hasEnded({ status });
  const webhook = given.webhook || null;
  const config = given.config ?? plainConfig[type];
  return {
    id: given.id ?? newId(),
    type,
    status,
    createdAt: madeAt,
    endsAt: ended ? madeAt : processingMs === undefined ? null : madeAt + processingMs,
    outcome: status === 'Failed' ? 'Failed' : 'Completed',
    reason: given.reason ?? (status === 'Failed' ? 'emulated failure' : null),
    endedAt: ended ? madeAt : null,
    expiresAt: ended ? madeAt + settings.jobTtl : null,
    seed: given.seed ?? drawSeed(random),
    pages,
    totalPages: pages,
    config,
    configText: JSON.stringify(config),
    webhook,
    metadata: given.metadata,
    webhookState: ended && webhook !== null ? 'due' : null,
  };
}

/** The job that a submission begins: how long it takes and how it ends is decided here. */
export function submittedJob(
  submission: Submission,
  { settings, random, newId, now }: JobSource,
  known: { uploads: Uploads; job(id: string): StoredJob | null },
): StoredJob {
  const seed = drawSeed(random);
  const duration = between(random, settings.jobTime.least, settings.jobTime.most);
  const unlucky = random() < settings.failRate;
  const documents = examine(submission, { ...known, settings, seed });
  const reason = failure(documents, submission.metadata, settings.failMarker, unlucky);
  return {
    id: newId(),
    type: submission.type,
    status: settings.processingStatuses[0]!,
    createdAt: now,
    endsAt: now + duration,
    outcome: reason === null ? 'Completed' : 'Failed',
    reason,
    endedAt: null,
    expiresAt: null,
    seed,
    pages: documents.pages,
    totalPages: documents.totalPages,
    config: submission.config,
    configText: submission.configText,
    webhook: submission.webhook,
    metadata: submission.metadata,
    webhookState: null,
  };
}

/** Why a job is going to fail; null when it is not. */
function failure(
  { problem, names }: Documents,
  metadata: unknown,
  marker: string,
  unlucky: boolean,
): string | null {
  if (problem !== null) return problem;
  const texts = [...names, printJson(metadata) ?? ''];
  if (marker !== '' && texts.some((text) => text.toLowerCase().includes(marker.toLowerCase())))
    return `Emulated failure: "${marker}" is in the input or the metadata.`;
  return unlucky ? 'Emulated failure: drawn by the fail rate.' : null;
}
