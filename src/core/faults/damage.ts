import { noValue, requestFault, sendingFault } from './fault.ts';
import { wholeNumber } from './values.ts';

export const truncate = requestFault<number>({
  name: 'truncate',
  form: 'BYTES',
  fields: [{ label: 'bytes left', initial: '20' }],
  help: 'the app gets only the first BYTES of the body',
  example: 'truncate=20',
  parse: (text) => wholeNumber(text, 0),
  print: String,
  change: ({ headers, body }, bytes) => ({ draft: { headers, body: body.subarray(0, bytes) } }),
});

export const corrupt = requestFault<true>({
  ...noValue,
  name: 'corrupt',
  help: 'one byte of the body becomes a NUL: valid HTTP, broken JSON',
  example: 'corrupt:1',
  change({ headers, body }, _value, { random }) {
    // No JSON text holds a NUL, in or out of a string (RFC 8259, 7).
    const broken = Uint8Array.from(body.length === 0 ? [0] : body);
    broken[Math.floor(random() * broken.length)] = 0;
    return { draft: { headers, body: broken } };
  },
});

export const slowBody = sendingFault<number>({
  name: 'slow-body',
  form: 'BYTES/s',
  fields: [{ label: 'bytes a second', initial: '10', after: '/s' }],
  help: 'the body trickles in at this speed',
  example: 'slow-body=10/s',
  parse: (text) => wholeNumber(text?.replace(/\/s$/, '') ?? null, 1),
  print: (bytesPerSecond) => `${bytesPerSecond}/s`,
  plan: (plan, bytesPerSecond) => ({
    ...plan,
    bytesPerSecond: Math.min(bytesPerSecond, plan.bytesPerSecond ?? Number.POSITIVE_INFINITY),
  }),
});
