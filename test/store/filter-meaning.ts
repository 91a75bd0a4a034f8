import fc from 'fast-check';

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
