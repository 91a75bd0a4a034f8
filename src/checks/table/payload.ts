import { type Attempt, outcomeLabel } from '../../core/delivery.ts';
import { type Check, failed, notJudged, passed, type Severity, sources, type Verdict } from '../check.ts';
import { answerText, type CheckJob, type CheckRun, type DeliveryOptions } from '../run.ts';
import { accepted } from '../sender.ts';

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
  title,
  proves: `A delivery with ${title} is taken like any other.`,
  why: anyJson,
  fix,
  severity: 'error',
  needs: ['clean'],
  run: (run) =>
    oddDelivery(run, title, (job) => ({ metadata: { value: value(run, job) } }), name !== 'large'),
});

async function oddDelivery(
  run: CheckRun,
  title: string,
  given: (job: CheckJob) => DeliveryOptions,
  withoutSecret: boolean,
): Promise<Verdict> {
  const job = await run.job();
  const { attempt } = await run.deliver(job, given(job));
  // Where a secret is expected in the metadata, one without it has to be refused.
  if (withoutSecret && run.bench.options.secret !== undefined) return judgeRefusal(run, attempt, title);
  if (!accepted(attempt)) {
    await run.quiet();
    return refusedOdd(attempt, title);
  }
  const verdict = await run.judgeOnce([job], `a delivery with ${title}`, { loose: true });
  // Whoever needs something from the metadata can do nothing without it.
  const needy = run.bench.options.metadata && Object.keys(run.bench.options.metadata).length > 0;
  return verdict.outcome === 'failed' && needy && !run.anyEffect
    ? { ...verdict, severity: 'warning' }
    : verdict;
}

function refusedOdd(attempt: Attempt, title: string): Verdict {
  const { outcome } = attempt;
  const client = outcome.kind === 'response' && outcome.status < 500;
  const severity: Severity = client ? 'warning' : 'error';
  const observed = `${outcomeLabel(outcome)}${answerText(attempt)}`;
  return failed(`a delivery with ${title} is answered ${outcomeLabel(outcome)}`, 'an answer 2xx', observed, {
    severity,
  });
}

async function judgeRefusal(run: CheckRun, attempt: Attempt, title: string): Promise<Verdict> {
  await run.quiet();
  const { outcome } = attempt;
  if (outcome.kind === 'response' && outcome.status < 500)
    return run.unjudged === null || !accepted(attempt)
      ? passed(`answered ${outcome.status}: it carries no secret`)
      : notJudged(run.unjudged);
  return failed(
    `a delivery with ${title} is answered ${outcomeLabel(outcome)}: the sender takes that for a failure and sends it again`,
    '401 or 403: it carries no secret',
    `${outcomeLabel(outcome)}${answerText(attempt)}`,
  );
}

export const metadataAbsent = metadataCheck('absent', 'no metadata at all', () => undefined);
export const metadataNull = metadataCheck('null', 'metadata null', () => null);
export const metadataArray = metadataCheck('array', 'an array as metadata', () => [
  'a',
  1,
  { nested: [null] },
]);
export const metadataLarge = metadataCheck('large', '64 KB of nested metadata', (run, job) => ({
  ...run.metadataOf(job),
  large: Array.from({ length: 640 }, (_, i) => ({ i, text: 'x'.repeat(70), list: [1, null, true] })),
}));

export const extraFields: Check = {
  id: 'extra-fields',
  title: 'fields that the handler does not know',
  proves: 'A field that is added to the payload some day does not break the handler.',
  why: {
    text: 'The payload has three fields today; a new one is no breaking change for Reducto.',
    url: sources.direct,
  },
  fix: 'Ignore unknown fields (no "additionalProperties: false", no extra="forbid").',
  severity: 'error',
  needs: ['clean'],
  run: (run) =>
    oddDelivery(
      run,
      'unknown fields',
      () => ({ extra: { api_version: 'future', extra: { nested: [1, null, { deep: true }] } } }),
      false,
    ),
};
