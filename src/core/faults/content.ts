import { uuid } from '../ids.ts';
import { setInBody } from '../json-edit.ts';
import { type Changed, type Draft, noValue, requestFault } from './fault.ts';

/** A draft with one value in its JSON set, or removed when undefined. */
function edited({ headers, body }: Draft, path: string[], value: unknown): Changed {
  const changed = setInBody(body, path, value);
  if (changed === null)
    return { draft: { headers, body }, note: 'no effect: no JSON object to change it in' };
  if (Buffer.compare(changed, body) === 0)
    return { draft: { headers, body }, note: 'no effect: it was so already' };
  return { draft: { headers, body: changed } };
}

const word = (fallback: string) => ({
  parse: (text: string | null): string | null =>
    text === null ? fallback : /^[\w-]{1,40}$/.test(text) ? text : null,
  print: (value: string): string | null => (value === fallback ? null : value),
});

export const wrongSecret = requestFault<true>({
  ...noValue,
  name: 'wrong-secret',
  help: 'metadata.secret is another one',
  example: 'wrong-secret',
  resigns: true,
  change(draft, _value, { random }) {
    const secret = `wrong-${Math.floor(random() * 2 ** 32).toString(36)}`;
    const within = edited(draft, ['metadata', 'secret'], secret);
    // Where the metadata is null there is nothing to set it in.
    return within.note ? edited(draft, ['metadata'], { secret }) : within;
  },
});

export const noSecret = requestFault<true>({
  ...noValue,
  name: 'no-secret',
  help: 'metadata.secret is missing',
  example: 'no-secret',
  resigns: true,
  change: (draft) => edited(draft, ['metadata', 'secret'], undefined),
});

export const failed = requestFault<true>({
  ...noValue,
  name: 'failed',
  help: 'the status is "Failed"',
  example: 'failed:20%',
  resigns: true,
  change: (draft) => edited(draft, ['status'], 'Failed'),
});

export const unknownStatus = requestFault<string>({
  ...word('InProgress'),
  name: 'unknown-status',
  form: '[WORD]',
  fields: [{ label: 'word', initial: 'InProgress' }],
  help: 'the status is a word that Reducto does not send (default: InProgress)',
  example: 'unknown-status=completed',
  resigns: true,
  change: (draft, value) => edited(draft, ['status'], value),
});

export const extraFields = requestFault<true>({
  ...noValue,
  name: 'extra-fields',
  help: 'the payload has fields that the handler does not know',
  example: 'extra-fields',
  resigns: true,
  change(draft) {
    const first = edited(draft, ['api_version'], 'future');
    return first.note ? first : edited(first.draft, ['extra'], { nested: [1, null, { deep: true }] });
  },
});

export const expiredJob = requestFault<true>({
  ...noValue,
  name: 'expired-job',
  help: 'the job id is one that job.get does not know any more',
  example: 'expired-job',
  resigns: true,
  change: (draft, _value, { random }) => edited(draft, ['job_id'], uuid(random)),
});
