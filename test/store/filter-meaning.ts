import fc from 'fast-check';
import type { Filter } from '../../src/core/filter.ts';
import type { DeliverySummary } from '../../src/core/record.ts';
import { isVerified } from '../../src/core/verification.ts';

/** `*` and `?` as wildcards, letters without regard to case: what a filter means, without SQL. */
function like(text: string | null, pattern: string, wild: boolean): boolean {
  const source = pattern
    .toLowerCase()
    .replace(/[\\^$.|+()[\]{}*?]/g, (char) =>
      wild && char === '*' ? '.*' : wild && char === '?' ? '.' : `\\${char}`,
    );
  return text !== null && new RegExp(`^${source}$`, 'su').test(text.toLowerCase());
}

/** The values that a path leads to: `a.b` is `b` in `a`, or the value of a key `a.b`. */
function at(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === path) return [typeof inner === 'string' ? inner : JSON.stringify(inner)];
    return path.startsWith(`${key}.`) ? at(inner, path.slice(key.length + 1)) : [];
  });
}

/** What a filter means, said a second time. */
export function holds(filter: Filter, summary: DeliverySummary): boolean {
  const { lastAttempt, acknowledgement, metadata: json } = summary;
  switch (filter.op) {
    case 'all':
      return true;
    case 'and':
      return holds(filter.left, summary) && holds(filter.right, summary);
    case 'or':
      return holds(filter.left, summary) || holds(filter.right, summary);
    case 'not':
      return !holds(filter.operand, summary);
    case 'verified':
      return isVerified(summary.verification) === filter.value;
    case 'text': {
      const texts = [summary.jobId, summary.target, json, summary.id, summary.method, summary.status];
      const anywhere = filter.wild ? `*${filter.pattern}*` : `*${filter.pattern.replace(/[*?]/g, '')}*`;
      return texts.some((text) => like(text, anywhere, true));
    }
    case 'compare': {
      const values = {
        seq: summary.seq,
        code: lastAttempt?.status,
        ack: acknowledgement?.status,
        attempts: summary.attempts,
      };
      const value = { ...values, duration: lastAttempt?.durationMs, size: summary.size }[
        filter.field as 'seq'
      ];
      if (value === undefined || value === null) return false;
      const order = Math.sign(value - filter.value);
      return { '=': [0], '>': [1], '>=': [0, 1], '<': [-1], '<=': [-1, 0] }[filter.relation].includes(order);
    }
    case 'match': {
      const { field, pattern, wild } = filter;
      if (field === 'metadata')
        return filter.path
          ? at(json === null ? null : JSON.parse(json), filter.path).some((value) =>
              like(value, pattern, wild),
            )
          : like(json, `*${pattern}*`, true);
      if (field === 'status' && pattern === 'other') return summary.status === null;
      if (field === 'outcome') {
        const success = lastAttempt?.status != null && lastAttempt.status >= 200 && lastAttempt.status < 300;
        if (pattern === 'ok') return success;
        if (pattern === 'none') return summary.attempts === 0;
        if (pattern === 'error') return lastAttempt !== null && lastAttempt.label !== 'pending' && !success;
        return like(lastAttempt?.label ?? null, pattern, true);
      }
      const words = { status: summary.status, job: summary.jobId, id: summary.id, method: summary.method };
      return like({ ...words, path: summary.target, source: summary.source }[field as 'job'], pattern, wild);
    }
  }
}

const outcomes = ['2*', '200', '5??', 'ok', 'error', 'none', 'pending', 'refused', 'REF*'];
/** Filters of one condition, as text. */
export const atoms = fc.oneof(
  fc.constantFrom(
    'status:failed',
    'status:Completed',
    'status:other',
    'status:*',
    'status:co*',
    'verified:true',
  ),
  fc.constantFrom(
    'verified:false',
    'verified:none',
    'job:204a',
    'job:204A*',
    'job:*',
    'job:"a%c"',
    'job:a?c',
    'job:"a*c"',
  ),
  fc.constantFrom(
    'id:dlv_*',
    'id:x',
    'method:post',
    'method:?ET',
    'method:"m-search"',
    'path:"/webhook"',
    'path:*webhook*',
  ),
  fc.constantFrom(
    'path:"/a_c"',
    'path:*_*',
    'path:"/o\'neil\\\\"',
    'source:tunnel',
    'source:*l*',
    'seq:>10',
    'seq:[5 TO 9]',
  ),
  fc.constantFrom(
    'code:200',
    'code:>=500',
    'code:<500',
    'ack:200',
    'ack:>400',
    'attempts:0',
    'attempts:>1',
    'duration:>10',
    'size:>50',
  ),
  fc.constantFrom(
    'size:0',
    'metadata:acme',
    'metadata:"a%c"',
    'metadata:a_c',
    'metadata.user:acme',
    'metadata.user:"a%c"',
  ),
  fc.constantFrom(
    'metadata.user:"a_c"',
    'metadata.user:a?c',
    'metadata.user:100',
    'metadata.user:true',
    'metadata.user:null',
  ),
  fc.constantFrom(
    'metadata.user:1.5',
    'metadata.user:"1e+21"',
    'metadata.user:*',
    'metadata.user:""',
    'metadata.user-id:acme',
  ),
  fc.constantFrom(
    'metadata.user.user:acme',
    'metadata.__proto__:acme',
    'metadata.a:"o\'neil"',
    'metadata.b:"Grüße"',
    'metadata.b:"GRÜßE"',
    'metadata.b:*ÜßE',
    'grÜ',
    'metadata."a.b":acme',
    'metadata."full name":acme',
    'metadata.user.first.name:acme',
    'acme',
  ),
  fc.constantFrom('webhook', '"100%"', '_', '"a_c"', 'a?c', '204', 'POST', 'dlv', '*', '"\'"', '"%"'),
  fc.constantFrom(...outcomes.map((outcome) => `outcome:${outcome}`)),
);
/** Filters of several. */
export const filters = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    atoms,
    fc
      .tuple(tie('filter'), fc.constantFrom(' AND ', ' OR ', ' '), tie('filter'))
      .map(([a, op, b]) => `(${a})${op}(${b})`),
    tie('filter').map((inner) => `NOT (${inner})`),
  ),
})).filter;
