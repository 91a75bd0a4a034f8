import { webhookBody } from '../../core/trigger-events.ts';
import { type Check, sources } from '../check.ts';
import { judgeRejection } from '../rejection.ts';
import { passed } from '../verdict.ts';

/** Where it comes from: so none of it is signed, as nobody but the sender can do that. */
const open = {
  text: 'The URL has to be public: whatever the internet sends reaches the handler.',
  url: sources.direct,
};

const fix = 'Check the content type, limit the body, parse inside a try block, and answer 400, 413 or 415.';

export const malformedJson: Check = {
  id: 'malformed-json',
  cause: 'nonsense',
  title: 'a body that is cut off',
  proves: 'What is no JSON is answered 4xx, without an effect.',
  why: open,
  fix,
  severity: 'warning',
  needs: ['clean'],
  overlaps: true,
  async run(run) {
    const job = await run.sender.job();
    const whole = webhookBody('Completed', job.id, run.sender.metadataOf(job));
    const body = whole.subarray(0, whole.length - 5);
    const { attempt } = await run.sender.deliver(job, { body, unsigned: true });
    return judgeRejection(run, attempt, {
      what: 'a body that is cut off',
      statuses: 'any 4xx',
      lenient: true,
    });
  },
};

export const emptyBody: Check = {
  id: 'empty-body',
  cause: 'nonsense',
  title: 'no body at all',
  proves: 'A request without a body is answered 4xx, without an effect.',
  why: open,
  fix,
  severity: 'warning',
  needs: ['clean'],
  overlaps: true,
  async run(run) {
    const nothing = { body: new Uint8Array(), unsigned: true };
    const { attempt } = await run.sender.deliver(await run.sender.job(), nothing);
    return judgeRejection(run, attempt, {
      what: 'a request without a body',
      statuses: 'any 4xx',
      lenient: true,
    });
  },
};

export const wrongContentType: Check = {
  id: 'wrong-content-type',
  cause: 'nonsense',
  title: 'a good payload as text/plain',
  proves: 'Another content type does not break the handler.',
  why: open,
  fix,
  severity: 'warning',
  needs: ['clean'],
  overlaps: true,
  waits: 2,
  async run(run) {
    const job = await run.sender.job();
    const { attempt } = await run.sender.deliver(job, { contentType: 'text/plain' });
    await run.watch.quiet();
    // Some frameworks read any body as JSON: then it is a good delivery, and has to have its effect.
    if (run.watch.unjudged === null && run.watch.anyEffect && run.watch.isUnit(job))
      return passed('it is read as JSON all the same');
    const what = 'a payload sent as text/plain';
    return judgeRejection(run, attempt, { what, statuses: 'any 4xx', lenient: true });
  },
};

const hugeBytes = 8 * 1024 * 1024;

export const hugeBody: Check = {
  id: 'huge-body',
  cause: 'nonsense',
  title: '8 MB of something else',
  proves: 'A huge body is answered 4xx, or cut off, and the handler lives on.',
  why: open,
  fix,
  severity: 'warning',
  needs: ['clean'],
  waits: 2,
  async run(run) {
    const body = Buffer.from(JSON.stringify({ padding: 'x'.repeat(hugeBytes) }));
    const { attempt } = await run.sender.deliver(await run.sender.job(), { body, unsigned: true });
    const what = 'a body of 8 MB';
    const verdict = await judgeRejection(run, attempt, {
      what,
      statuses: 'any 4xx',
      mayClose: true,
      lenient: true,
    });
    if (verdict.outcome === 'failed') return verdict;
    const after = await run.sender.delivery(await run.sender.job());
    const next = await run.sender.insist(after, await run.sender.attempt(after));
    const dead = run.refusal(
      [next],
      'after a body of 8 MB the handler does not work any more: a plain delivery',
    );
    await run.watch.quiet((effects) => run.watch.sawEffect(effects));
    return dead ?? verdict;
  },
};
