import { type Attempt, outcomeLabel } from '../../core/delivery.ts';
import { type Check, sources } from '../check.ts';
import type { CheckJob } from '../job.ts';
import type { DeliveryOptions } from '../job-sender.ts';
import { answerText } from '../outcomes.ts';
import type { CheckRun } from '../run.ts';
import { accepted } from '../sender.ts';
import { failed, notApplicable, passed, type Severity, type Verdict } from '../verdict.ts';

const anyJson = {
  text: 'metadata is whatever JSON the job was given: an object with nested values, an array, null, or nothing at all.',
  url: sources.direct,
};

const fix =
  'Read metadata as optional and of any type (metadata?.user_id in JavaScript, (event.get("metadata") or {}) in Python, Object rather than Map<String,String> in Java).';

/** A check that one odd payload is taken like any other. */
const metadataCheck = (
  name: string,
  title: string,
  value: (run: CheckRun, job: CheckJob) => unknown,
): Check => ({
  id: `metadata-${name}`,
  cause: 'metadata',
  title,
  proves: `A delivery with ${title} is taken like any other.`,
  why: anyJson,
  fix,
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  run: (run) =>
    oddDelivery(run, title, (job) => ({ metadata: { value: value(run, job) } }), name !== 'large'),
});

/** @param bare whether its metadata have nothing of what they usually have in them */
async function oddDelivery(
  run: CheckRun,
  title: string,
  given: (job: CheckJob) => DeliveryOptions,
  bare: boolean,
): Promise<Verdict> {
  const job = await run.sender.job();
  const { attempt } = await run.sender.deliver(job, given(job));
  // Where a secret is expected in the metadata, one without it has to be refused.
  const { secret, svixSecret } = run.bench.options;
  if (bare && secret !== undefined) {
    if (svixSecret === undefined) return judgeRefusal(run, attempt, title);
    // It is signed: a handler may look at the secret besides, and need not.
    if (isRefusal(attempt)) {
      await run.watch.quiet();
      return passed(`answered ${outcomeLabel(attempt.outcome)}: it is signed, but carries no secret`);
    }
  }
  // Whoever needs something from the metadata can do nothing without it, and may say so.
  const needy = bare && Object.keys(run.bench.options.metadata ?? {}).length > 0;
  if (!accepted(attempt)) {
    await run.watch.quiet();
    return needy && isRefusal(attempt) ? needsMetadata(attempt) : refusedOdd(attempt, title);
  }
  const verdict = await run.judgeOnce([job], `a delivery with ${title}`, { loose: true });
  return verdict.outcome === 'failed' && needy && !run.watch.anyEffect ? needsMetadata(attempt) : verdict;
}

const isRefusal = ({ outcome }: Attempt): boolean =>
  outcome.kind === 'response' && outcome.status >= 400 && outcome.status < 500;

const needsMetadata = ({ outcome }: Attempt): Verdict =>
  notApplicable(
    `the handler needs what --metadata gives (without it: answered ${outcomeLabel(outcome)}, no effect)`,
  );

function refusedOdd(attempt: Attempt, title: string): Verdict {
  const { outcome } = attempt;
  const severity: Severity = isRefusal(attempt) ? 'warning' : 'error';
  const observed = `${outcomeLabel(outcome)}${answerText(attempt)}`;
  return failed(`a delivery with ${title} is answered ${outcomeLabel(outcome)}`, 'an answer 2xx', observed, {
    severity,
  });
}

/** Without the secret it is a stranger's: it must have no effect, and a 2xx says that it was let in. */
async function judgeRefusal(run: CheckRun, attempt: Attempt, title: string): Promise<Verdict> {
  const { outcome } = attempt;
  const what = `a delivery with ${title}, and so without the secret`;
  const label = outcomeLabel(outcome);
  const effects = await run.judgeNothing(`${what} (answered ${label})`);
  if (effects.outcome === 'failed') return { ...effects, severity: 'error', cause: 'guard' };
  const expected = '401 or 403, and no effect';
  const observed = `${label}${answerText(attempt)}`;
  if (outcome.kind !== 'response' || outcome.status >= 500)
    return failed(
      `${what}, is answered ${label}: the sender takes that for a failure and sends it again`,
      expected,
      observed,
    );
  if (!accepted(attempt)) return passed(`answered ${label}: it carries no secret`);
  return effects.outcome === 'passed'
    ? passed(`answered ${label} and had no effect: it was not let in, though its sender is not told so`)
    : failed(`${what}, is answered ${label}: it seems to be let in`, expected, observed, {
        severity: 'warning',
        cause: 'guard',
        hint: 'Whether it had an effect was not seen: give --effects.',
      });
}

export const metadataAbsent = metadataCheck('absent', 'no metadata at all', () => undefined);
export const metadataNull = metadataCheck('null', 'metadata null', () => null);
export const metadataArray = metadataCheck('array', 'an array as metadata', () => [
  'a',
  1,
  { nested: [null] },
]);
export const metadataLarge = metadataCheck('large', '64 KB of nested metadata', (run, job) => ({
  ...run.sender.metadataOf(job),
  large: Array.from({ length: 640 }, (_, i) => ({ i, text: 'x'.repeat(70), list: [1, null, true] })),
}));

export const extraFields: Check = {
  id: 'extra-fields',
  cause: null,
  title: 'fields that the handler does not know',
  proves: 'A field that is added to the payload some day does not break the handler.',
  why: {
    text: 'The payload has three fields today; a new one is no breaking change for Reducto.',
    url: sources.direct,
  },
  fix: 'Ignore unknown fields (no "additionalProperties: false", no extra="forbid").',
  severity: 'error',
  needs: ['clean'],
  overlaps: true,
  run: (run) =>
    oddDelivery(
      run,
      'unknown fields',
      () => ({ extra: { api_version: 'future', extra: { nested: [1, null, { deep: true }] } } }),
      false,
    ),
};
