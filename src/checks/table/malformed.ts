import { webhookBody } from '../../core/trigger-events.ts';
import { type Check, failed, passed, sources } from '../check.ts';
import { judgeRejection } from '../rejection.ts';

const open = {
  text: 'The URL has to be public: whatever the internet sends reaches the handler.',
  url: sources.direct,
};

const fix = 'Check the content type, limit the body, parse inside a try block, and answer 400, 413 or 415.';

export const malformedJson: Check = {
  id: 'malformed-json',
  title: 'a body that is cut off',
  proves: 'What is no JSON is answered 4xx, without an effect.',
  why: open,
  fix,
  severity: 'warning',
  needs: ['clean'],
  async run(run) {
    const job = await run.job();
    const whole = webhookBody('Completed', job.id, run.metadataOf(job));
    const { attempt } = await run.deliver(job, { body: whole.subarray(0, whole.length - 5) });
    return judgeRejection(run, attempt, {
      what: 'a body that is cut off',
      statuses: 'any 4xx',
      lenient: true,
    });
  },
};

export const emptyBody: Check = {
  id: 'empty-body',
  title: 'no body at all',
  proves: 'A request without a body is answered 4xx, without an effect.',
  why: open,
  fix,
  severity: 'warning',
  needs: ['clean'],
  async run(run) {
    const { attempt } = await run.deliver(await run.job(), { body: new Uint8Array() });
    return judgeRejection(run, attempt, {
      what: 'a request without a body',
      statuses: 'any 4xx',
      lenient: true,
    });
  },
};

export const wrongContentType: Check = {
  id: 'wrong-content-type',
  title: 'a good payload as text/plain',
  proves: 'Another content type does not break the handler.',
  why: open,
  fix,
  severity: 'warning',
  needs: ['clean'],
  async run(run) {
    const job = await run.job();
    const { attempt } = await run.deliver(job, { contentType: 'text/plain' });
    await run.quiet();
    // Some frameworks read any body as JSON: then it is a good delivery, and has to have its effect.
    if (run.unjudged === null && run.anyEffect && run.isUnit(job))
      return passed('it is read as JSON all the same');
    const what = 'a payload sent as text/plain';
    return judgeRejection(run, attempt, { what, statuses: 'any 4xx', lenient: true });
  },
};

const hugeBytes = 8 * 1024 * 1024;

export const hugeBody: Check = {
  id: 'huge-body',
  title: '8 MB of something else',
  proves: 'A huge body is answered 4xx, or cut off, and the handler lives on.',
  why: open,
  fix,
  severity: 'warning',
  needs: ['clean'],
  async run(run) {
    const body = Buffer.from(JSON.stringify({ padding: 'x'.repeat(hugeBytes) }));
    const { attempt } = await run.deliver(await run.job(), { body });
    const what = 'a body of 8 MB';
    const verdict = await judgeRejection(run, attempt, {
      what,
      statuses: 'any 4xx',
      mayClose: true,
      lenient: true,
    });
    if (verdict.outcome === 'failed') return verdict;
    const { attempt: next } = await run.deliver(await run.job());
    const dead = run.refusal([next], 'a plain delivery after the huge one');
    await run.quiet();
    return dead === null
      ? verdict
      : failed('after 8 MB the handler does not work any more', 'a 2xx', 'no 2xx');
  },
};
