import { seededRandom } from '../../core/faults/fault-set.ts';
import { uuid } from '../../core/ids.ts';
import type { StoredJob } from '../../store/jobs.ts';

import type { EmulatorSettings } from '../settings.ts';

/** What a result is made from. */
export interface ResultContext {
  job: StoredJob;
  settings: EmulatorSettings;
  /** Seconds. */
  duration: number;
  /** `ParseUsage` of the published schema. */
  usage: { num_pages: number; credits: number; credit_breakdown: null };
  /** Where a result that is too large for an answer is served. */
  resultUrl(job: StoredJob): { id: string; url: string };
  /** Where an edited document is served. */
  editedUrl(job: StoredJob): string;
}

/** The result's id, which only those know who were told the URL. */
export const resultId = (job: StoredJob): string => uuid(seededRandom(job.seed + 1));

/** Seconds that a job took. */
export const durationOf = (job: StoredJob): number =>
  Math.max(0, ((job.endedAt ?? job.createdAt) - job.createdAt) / 1000);

/** All that a job's result is made from. @param baseUrl of the emulator */
export function resultContext(job: StoredJob, settings: EmulatorSettings, baseUrl: string): ResultContext {
  return {
    job,
    settings,
    duration: durationOf(job),
    usage: { num_pages: job.pages, credits: job.pages, credit_breakdown: null },
    resultUrl: (of) => ({ id: resultId(of), url: `${baseUrl}/files/results/${of.id}/${resultId(of)}` }),
    editedUrl: (of) => `${baseUrl}/files/edited/${of.id}/${resultId(of)}.pdf`,
  };
}
