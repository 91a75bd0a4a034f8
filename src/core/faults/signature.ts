import type { HeaderPair } from '../delivery.ts';
import { resign } from '../resign.ts';
import { signatureHeaders } from '../signature.ts';
import { type Changed, type Draft, noValue, requestFault } from './fault.ts';
import { duration, printDuration } from './values.ts';

const replace = (headers: readonly HeaderPair[], suffix: string, value: string): HeaderPair[] =>
  headers.map(([name, old]) => [
    name,
    /^(svix|webhook)-/i.test(name) && name.toLowerCase().endsWith(suffix) ? value : old,
  ]);

const unsigned = (draft: Draft): Changed => ({
  draft,
  note: 'no effect: the delivery carries no signature',
});

export const badSignature = requestFault<true>({
  ...noValue,
  name: 'bad-signature',
  help: 'the Svix signature does not match',
  example: 'bad-signature',
  change(draft) {
    if (!signatureHeaders(draft.headers)?.signature) return unsigned(draft);
    const bad = `v1,${Buffer.alloc(32, 'bad').toString('base64')}`;
    return { draft: { ...draft, headers: replace(draft.headers, '-signature', bad) } };
  },
});

const defaultAge = 600_000;

export const staleTimestamp = requestFault<number>({
  name: 'stale-timestamp',
  form: '[AGE]',
  fields: [{ label: 'age', initial: '10m' }],
  help: 'the Svix timestamp is too old (default: 10m; 300 s are allowed)',
  example: 'stale-timestamp',
  parse: (text) => (text === null ? defaultAge : duration(text)),
  print: (age) => (age === defaultAge ? null : printDuration(age)),
  change(draft, age, { now, signingKey }) {
    if (!signatureHeaders(draft.headers)?.timestamp) return unsigned(draft);
    const then = now - age;
    // Signed with the right key, so that the age is all that is wrong.
    if (signingKey) return { draft: { ...draft, headers: resign(draft, signingKey, then) } };
    const headers = replace(draft.headers, '-timestamp', String(Math.floor(then / 1000)));
    return { draft: { ...draft, headers }, note: 'the signature is wrong too: no --svix-secret' };
  },
});
