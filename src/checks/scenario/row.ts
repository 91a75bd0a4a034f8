import { type Check, sources } from '../check.ts';

/** What a scenario is to reports, where checks have rows of their own; its id and title are those of its file. */
export const scenarioRow: Omit<Check, 'run'> = {
  id: 'scenario',
  cause: null,
  title: 'a scenario of your own',
  proves: 'What the file says happens has the effects and the answers that the file says.',
  why: {
    text: '"Duplicate webhooks: make your handler idempotent by tracking processed job IDs." What broke a handler once is written down, so that it breaks it never again.',
    url: sources.direct,
  },
  fix: 'Follow the steps: the last one before the effect went wrong is where the handler has to claim, remember or finish the job.',
  severity: 'error',
  needs: ['clean'],
};
