import { type Attempt, outcomeLabel } from '../../core/delivery.ts';
import { type Check, sources } from '../check.ts';
import { judgeRejection } from '../rejection.ts';
import type { CheckRun } from '../run.ts';
import { accepted } from '../sender.ts';
import { failed, type Verdict } from '../verdict.ts';

const guard = {
  text: 'Direct webhooks have no signature; the documented guard is a secret in the metadata, answered 401 when it differs.',
  url: sources.direct,
};

const fix =
  'Compare metadata.secret first, before any effect, in constant time; answer 401 when it differs. Do not throw inside a try block that turns everything into a 500, and refuse to start without a secret.';

export const wrongSecret: Check = {
  id: 'wrong-secret',
  cause: 'guard',
  title: 'metadata.secret is another one',
  proves: 'A wrong secret is answered 401 or 403, before anything happens.',
  why: guard,
  fix,
  severity: 'error',
  needs: ['secret', 'clean'],
  overlaps: true,
  waits: 2,
  async run(run) {
    const { secret = '' } = run.bench.options;
    const far = `wrong-${Math.floor(run.random() * 2 ** 32).toString(36)}`;
    const first = await sendWith(run, { secret: far });
    const verdict = await judgeRejection(run, first, {
      what: 'a delivery with a wrong secret',
      statuses: [401, 403],
    });
    if (verdict.outcome === 'failed') return verdict;
    // What a comparison by beginning, by case or by JavaScript's == lets through.
    for (const [what, near] of nearSecrets(secret)) {
      run.doing(what);
      const attempt = await sendWith(run, near);
      if (accepted(attempt)) {
        await run.watch.quiet();
        return failed(
          `${what} is answered ${outcomeLabel(attempt.outcome)}, as if it were good`,
          '401 or 403 and no effect',
          outcomeLabel(attempt.outcome),
        );
      }
      const refused = judgeStatus(attempt, what);
      if (refused !== null) return refused;
    }
    const effects = await run.judgeNothing('deliveries with secrets that are almost right');
    return effects.outcome === 'failed' ? effects : verdict;
  },
};

/** Delivers with metadata whose secret is another one. @param given undefined within it leaves the key out */
async function sendWith(run: CheckRun, given: { secret?: unknown; beside?: unknown }): Promise<Attempt> {
  const job = await run.sender.job();
  const { secret: _secret, ...rest } = run.sender.metadataOf(job);
  const value = 'secret' in given ? { ...rest, secret: given.secret } : rest;
  const extra = 'beside' in given ? { secret: given.beside } : {};
  return (await run.sender.deliver(job, { metadata: { value }, extra })).attempt;
}

type Near = readonly [what: string, given: { secret?: unknown; beside?: unknown }];

/** Secrets that are almost the right one, and how each is called. */
function nearSecrets(secret: string): Near[] {
  const swapped = secret.replace(/\p{L}/gu, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
  return [
    ['the secret with something behind it', { secret: `${secret}x` }],
    ['the secret without its last letter', { secret: secret.slice(0, -1) }],
    ...(swapped === secret ? [] : ([['the secret in another case', { secret: swapped }]] as const)),
    ['an empty secret', { secret: '' }],
    ['null as the secret', { secret: null }],
    ['a list that holds the secret', { secret: [secret] }],
    ['a number as the secret', { secret: 0 }],
    ['true as the secret', { secret: true }],
    ['the secret beside the metadata, not in it', { beside: secret }],
  ];
}

/** A failure when a secret that is no text breaks the handler. */
function judgeStatus(attempt: Attempt, what: string): Verdict | null {
  const { outcome } = attempt;
  if (outcome.kind === 'response' && outcome.status < 500) return null;
  const label = outcomeLabel(outcome);
  return failed(`${what} is answered ${label}: the sender sends it again`, '401 or 403', label, {
    severity: 'warning',
  });
}

export const missingSecret: Check = {
  id: 'missing-secret',
  cause: 'guard',
  title: 'metadata has no secret',
  proves: 'A delivery without a secret is answered 401 or 403, before anything happens.',
  why: guard,
  fix,
  severity: 'error',
  needs: ['secret', 'clean'],
  overlaps: true,
  async run(run) {
    const job = await run.sender.job();
    const { secret: _secret, ...rest } = run.sender.metadataOf(job);
    const { attempt } = await run.sender.deliver(job, { metadata: { value: rest } });
    return judgeRejection(run, attempt, { what: 'a delivery without a secret', statuses: [401, 403] });
  },
};
