import { answerFault, noValue } from './fault.ts';
import { duration, printDuration, wholeNumber } from './values.ts';

export const status = answerFault<number>({
  name: 'status',
  form: 'CODE',
  fields: [{ label: 'status', initial: '503' }],
  help: 'the sender gets this status, and the app nothing',
  example: 'status=503:2',
  parse: (text) => wholeNumber(text, 200, 599),
  print: String,
  answer: (plan, code) => ({ ...plan, instead: { kind: 'status', status: code } }),
});

export const senderDelay = answerFault<number>({
  name: 'delay',
  form: 'DURATION',
  fields: [{ label: 'later by', initial: '20s' }],
  help: 'the sender waits so much longer for its answer',
  example: 'sender.delay=20s',
  parse: duration,
  print: printDuration,
  answer: (plan, ms) => ({ ...plan, delayMs: plan.delayMs + ms }),
});

export const reset = answerFault<true>({
  ...noValue,
  name: 'reset',
  help: "the sender's connection is reset (TCP RST), and the app gets nothing",
  example: 'reset:1',
  answer: (plan) => ({ ...plan, instead: { kind: 'reset' } }),
});

export const hang = answerFault<true>({
  ...noValue,
  name: 'hang',
  help: 'the sender never gets an answer, and the app gets nothing',
  example: 'hang:1',
  answer: (plan) => ({ ...plan, instead: { kind: 'hang' } }),
});

type Loss = { kind: 'reset' } | { kind: 'status'; status: number };

export const lostAck = answerFault<Loss>({
  name: 'lost-ack',
  form: '[CODE|reset]',
  fields: [{ label: 'status, or reset', initial: '504' }],
  help: 'the app does its work, but the sender sees a failure and will retry (default: 504)',
  example: 'lost-ack:1',
  parse(text) {
    if (text === 'reset') return { kind: 'reset' };
    const code = text === null ? 504 : wholeNumber(text, 300, 599);
    return code === null ? null : { kind: 'status', status: code };
  },
  print: (loss) => (loss.kind === 'reset' ? 'reset' : loss.status === 504 ? null : String(loss.status)),
  answer: (plan, lose) => ({ ...plan, lose }),
});
