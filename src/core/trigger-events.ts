import { printJson } from './json.ts';

/** The kinds of jobs that Reducto reports on, by the word that `trigger` uses. */
export const jobTypes = ['parse', 'extract', 'split', 'pipeline', 'edit'] as const;
export type JobType = (typeof jobTypes)[number];

/** An event that can be triggered: a job of a type that ended so. */
export interface TriggerEvent {
  type: JobType;
  status: 'Completed' | 'Failed';
}

/** Every event by name, such as `parse.completed`. */
export const triggerEvents: Readonly<Record<string, TriggerEvent>> = Object.fromEntries(
  jobTypes.flatMap((type) =>
    (['Completed', 'Failed'] as const).map((status) => [`${type}.${status.toLowerCase()}`, { type, status }]),
  ),
);

/** Reducto's body: exactly three fields in this order; compact (docs.reducto.ai, "Direct webhooks"). `metadata` may hold {@link JsonText}. */
export const webhookBody = (status: string, jobId: string, metadata: unknown): Uint8Array =>
  Buffer.from(printJson({ status, job_id: jobId, metadata }));
