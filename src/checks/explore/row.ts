import { type Check, sources } from '../check.ts';

/** Exploration as a row beside those of the checks, for reports. */
export const explorationRow: Omit<Check, 'run'> = {
  id: 'explore',
  cause: null,
  title: 'generated schedules of deliveries, failures and crashes',
  proves:
    "Whatever the order of deliveries, copies, lost answers, failures of the API and crashes: each job's effect is there once in the end, and what was forged has none.",
  why: {
    text: '"Duplicate webhooks: make your handler idempotent by tracking processed job IDs." Faults that need several things to happen in a row are found by trying many rows.',
    url: sources.direct,
  },
  fix: 'Follow the timeline: the last step before the effect went wrong is where the handler has to claim, remember or finish the job. Do the work and remember the job id in one transaction, before the 2xx.',
  severity: 'error',
  needs: ['clean'],
};
