import { expect, test } from 'vitest';
import { type Line, type Moment, sequenceOf } from '../../src/web/check/sequence.ts';

type What = Moment['what'];
type Step = Extract<What, { kind: 'step' }>['step'];

/** The lines of one step, each as a few words. */
const linesOf = (what: What): string[] => sequenceOf([{ at: 0, text: 'said', what }]).map(inWords);
const step = (one: Step, outcomes: readonly string[] = []): string[] =>
  linesOf({ kind: 'step', step: one, outcomes });

const inWords = (line: Line): string => {
  if (line.kind === 'wait') return line.text;
  if (line.kind === 'note') return `${line.at}: ${line.text} (${line.tone})`;
  const { from, to, text, look, tone, copies } = line;
  return `${from} → ${to}: ${text} (${look} ${tone}${copies > 1 ? ` ×${copies}` : ''})`;
};
const arrives = (text = 'job 1'): string[] => [
  `sender → tool: ${text} (request plain)`,
  `tool → app: ${text} (request plain)`,
];

test.each([
  ['fetch', 'while it fetches'],
  [0, 'as it has the request'],
  [0.37, 'after 37 % of its time'],
] as const)('an app that is killed at %s answers after that, if at all', (at, words) => {
  expect(step({ kind: 'crash', job: 0, at }, ['reset'])).toEqual([
    ...arrives(),
    `app: killed ${words}, started again (bad)`,
    'app → tool: reset (answer bad)',
  ]);
});

test('an app that is killed after its answer has given it before', () => {
  expect(step({ kind: 'crash', job: 0, at: 'answer' }, ['200'])).toEqual([
    ...arrives(),
    'app → tool: 200 (answer good)',
    'app: killed after its answer, started again (bad)',
  ]);
});

test('nobody gets the answer of an app whose sender has hung up, nor one that is lost', () => {
  expect(step({ kind: 'hang-up', job: 1, at: 0 })).toEqual([
    ...arrives('job 2'),
    'sender: hangs up (bad)',
    'app → tool: nobody waits for it (lost bad)',
  ]);
  expect(step({ kind: 'lose-ack', job: 1 }, ['200'])).toEqual([
    ...arrives('job 2'),
    'app → tool: 200 (answer good)',
    'tool → sender: the answer is lost (lost bad)',
  ]);
});

test('copies leave together, and a forged one that is refused is well', () => {
  expect(step({ kind: 'deliver', jobs: [0, 0, 1] }, ['200', '500', '200'])).toEqual([
    'sender → tool: 2 × job 1 (request plain ×2)',
    'tool → app: 2 × job 1 (request plain ×2)',
    ...arrives('job 2'),
    'app → tool: 200, 500, 200 (answer bad)',
  ]);
  expect(step({ kind: 'forge', job: 0 }, ['401']).at(-1)).toBe('app → tool: 401 (answer good)');
});

test('what was found stands at the effects', () => {
  expect(linesOf({ kind: 'judged', breach: true })).toEqual([
    'app → effects: looked at (request plain)',
    'effects: said (bad)',
  ]);
});
