import type { HeaderPair } from '../../core/delivery.ts';
import { sign } from '../../core/signature.ts';
import { type Check, sources } from '../check.ts';
import { outcomes } from '../outcomes.ts';
import { judgeRejection } from '../rejection.ts';
import type { Verdict } from '../verdict.ts';

export const verified = {
  text: 'Svix signs "id.timestamp.body" with the endpoint\'s secret; a timestamp more than 5 minutes off is to be refused.',
  url: sources.verify,
};

export const fix =
  'Verify with the svix or standardwebhooks library on the raw bytes of the body, before they are parsed and before any effect; answer 400 or 401 when it fails.';

export const refusals = [400, 401, 403];

const withSignature = (headers: readonly HeaderPair[], value: string): HeaderPair[] =>
  headers.map(([name, old]) => [name, name === 'svix-signature' ? value : old]);

const bogus = (letter: string): string => `v1,${Buffer.alloc(32, letter).toString('base64')}`;

export const badSignature: Check = {
  id: 'svix-bad-signature',
  cause: 'signature',
  title: 'the signature does not match',
  proves: 'A forged signature is refused, before anything happens.',
  why: verified,
  fix,
  severity: 'error',
  needs: ['svix', 'clean'],
  overlaps: true,
  async run(run) {
    const sent = await run.sender.delivery(await run.sender.job());
    const change = (headers: readonly HeaderPair[]): HeaderPair[] => withSignature(headers, bogus('x'));
    const attempt = await run.sender.inTime(sent, { change, note: 'with a forged signature' });
    return judgeRejection(run, attempt, { what: 'a forged signature', statuses: refusals });
  },
};

export const missingSignature: Check = {
  id: 'svix-missing-signature',
  cause: 'signature',
  title: 'no signature at all',
  proves: 'What is not signed is refused, before anything happens.',
  why: verified,
  fix: `${fix} Never verify only when the header is there.`,
  severity: 'error',
  needs: ['svix', 'clean'],
  overlaps: true,
  async run(run) {
    const sent = await run.sender.delivery(await run.sender.job());
    const change = (headers: readonly HeaderPair[]): HeaderPair[] =>
      headers.filter(([name]) => !name.startsWith('svix-'));
    const attempt = await run.sender.inTime(sent, { change, note: 'without signature' });
    return judgeRejection(run, attempt, { what: 'a delivery without a signature', statuses: refusals });
  },
};

export const tamperedBody: Check = {
  id: 'svix-tampered-body',
  cause: 'signature',
  title: 'the body was changed after it was signed',
  proves: 'The signature is compared with the bytes that came, not with JSON that was written anew.',
  why: verified,
  fix,
  severity: 'error',
  needs: ['svix', 'clean'],
  overlaps: true,
  waits: 2,
  async run(run) {
    const sent = await run.sender.delivery(await run.sender.job());
    const text = Buffer.from(sent.delivery.body).toString();
    const changes: [string, string][] = [
      ['another job id', text.replace(/"job_id":"[^"]*"/, `"job_id":"${(await run.sender.job()).id}"`)],
      ['a space more', text.replace(/:/, ': ')],
    ];
    const verdicts: Verdict[] = [];
    for (const [what, body] of changes) {
      const attempt = await run.sender.inTime(sent, {
        body: Buffer.from(body),
        note: `${what} than what was signed`,
      });
      const rejection = { what: `a body with ${what} than what was signed`, statuses: refusals };
      const verdict = await judgeRejection(run, attempt, rejection);
      if (verdict.outcome === 'failed') return verdict;
      verdicts.push(verdict);
    }
    return verdicts.find(({ outcome }) => outcome === 'not judged') ?? verdicts[0]!;
  },
};

export const severalSignatures: Check = {
  id: 'svix-several-signatures',
  cause: 'signature',
  title: 'several signatures, of which one is good',
  proves: 'One good signature is enough, and unknown versions are skipped: that is how secrets are rotated.',
  why: {
    text: 'The header is a list; while a secret is rotated it has an entry for each.',
    url: sources.verify,
  },
  fix: 'Split svix-signature at spaces and take any v1 entry that matches; the libraries do.',
  severity: 'error',
  needs: ['svix', 'clean'],
  overlaps: true,
  async run(run) {
    const job = await run.sender.job();
    const sent = await run.sender.delivery(job);
    const good = sign(run.bench.sender.signingKey!, sent.messageId!, sent.timestamp, sent.delivery.body);
    const list = `${bogus('a')} v2,${bogus('b').slice(3)} ${good}`;
    const change = (headers: readonly HeaderPair[]): HeaderPair[] => withSignature(headers, list);
    const attempt = await run.sender.inTime(sent, { change, note: 'three signatures, the last one good' });
    return (
      run.refusal([attempt], 'several signatures, one of them good') ??
      run.judgeOnce([job], 'several signatures, one of them good')
    );
  },
};

export const idNewTimestamp: Check = {
  id: 'svix-id-new-timestamp',
  cause: 'again',
  title: 'the same svix-id with a new timestamp',
  proves: 'A retry is known by its svix-id: timestamp and signature are new on every attempt.',
  why: {
    text: 'svix-id "is the same on every retry of a message": it is the idempotency key.',
    url: sources.svix,
  },
  fix: 'Deduplicate on svix-id (or the job id), never on the timestamp, the signature or a hash of the headers.',
  severity: 'error',
  needs: ['svix', 'clean'],
  overlaps: true,
  waits: 2,
  async run(run) {
    const job = await run.sender.job();
    const sent = await run.sender.delivery(job);
    const first = await run.sender.inTime(sent);
    await run.watch.quiet();
    const second = await run.sender.inTime(sent, { fresh: true, note: 'the same svix-id, signed anew' });
    const refused = run.refusal([first, second], 'the same svix-id twice');
    return (
      refused ?? run.judgeOnce([job], `the same svix-id with two timestamps (${outcomes([first, second])})`)
    );
  },
};
