import type { Clock } from '../core/ids.ts';
import type { StoredJob } from '../store/jobs.ts';
import type { WebhookEndpoints } from './endpoints.ts';
import type { JobFetches } from './fetches.ts';
import type { JobEngine } from './jobs.ts';
import type { EmulatorSettings } from './settings.ts';
import type { Submission } from './submission.ts';
import type { Uploads } from './uploads.ts';

/** What the routes of the API work on. */
export interface Api {
  settings: EmulatorSettings;
  clock: Clock;
  jobs: JobEngine;
  uploads: Uploads;
  endpoints: WebhookEndpoints;
  fetches: JobFetches;
  /** Where this emulator is reached, without a slash at the end. */
  baseUrl(): string;
  /** Begins a job. @throws StoreWriteError */
  submit(submission: Submission): Promise<StoredJob>;
}
