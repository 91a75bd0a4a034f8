import { type Check, sources } from '../check.ts';
import { judgeRejection } from '../rejection.ts';

const guard = {
  text: 'Direct webhooks have no signature; the documented guard is a secret in the metadata, answered 401 when it differs.',
  url: sources.direct,
};

const fix =
  'Compare metadata.secret first, before any effect, in constant time; answer 401 when it differs. Do not throw inside a try block that turns everything into a 500, and refuse to start without a secret.';

export const wrongSecret: Check = {
  id: 'wrong-secret',
  title: 'metadata.secret is another one',
  proves: 'A wrong secret is answered 401 or 403, before anything happens.',
  why: guard,
  fix,
  severity: 'error',
  needs: ['secret', 'clean'],
  async run(run) {
    const wrong = `wrong-${Math.floor(run.bench.random() * 2 ** 32).toString(36)}`;
    const job = await run.job();
    const { attempt } = await run.deliver(job, { metadata: { value: { ...run.metadata, secret: wrong } } });
    return judgeRejection(run, attempt, { what: 'a delivery with a wrong secret', statuses: [401, 403] });
  },
};

export const missingSecret: Check = {
  id: 'missing-secret',
  title: 'metadata has no secret',
  proves: 'A delivery without a secret is answered 401 or 403, before anything happens.',
  why: guard,
  fix,
  severity: 'error',
  needs: ['secret', 'clean'],
  async run(run) {
    const { secret: _secret, ...rest } = run.metadata;
    const job = await run.job();
    const { attempt } = await run.deliver(job, { metadata: { value: rest } });
    return judgeRejection(run, attempt, { what: 'a delivery without a secret', statuses: [401, 403] });
  },
};
