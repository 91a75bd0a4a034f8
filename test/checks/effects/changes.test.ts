import { describe, expect, test } from 'vitest';
import { changesBetween, ofJob, withoutChanges } from '../../../src/checks/effects/changes.ts';
import { effectLines, effectOf } from '../../../src/checks/effects/effect.ts';
import { labelled } from '../../../src/checks/effects/labels.ts';
import { readSnapshot, without } from '../../../src/checks/effects/value.ts';

const first = '204a39e4-dd10-4c83-a978-0cee4af8cde2';
const second = 'a1b9090e-c9ae-420b-9726-f658afbbe338';
const names = new Map([
  [first, '<job 1>'],
  [second, '<job 2>'],
]);

/** What happened between two outputs of a probe, as lines. */
const effect = (before: string, after: string): string[] => {
  const read = (text: string) => labelled(readSnapshot(text), (id) => names.get(id));
  return effectLines(effectOf(changesBetween(read(before), read(after))));
};

test.each<[name: string, before: string, after: string, lines: string[]]>([
  ['nothing', 'a|1\nb|2', 'b|2\na|1', []],
  ['a row', '', `${first}|done`, ['+ <job>|done']],
  ['rows of two jobs', '', `${first}|done\n${second}|done`, ['+ <job 1>|done', '+ <job 2>|done']],
  ['a row a second time', `${first}|done`, `${first}|done\n${first}|done`, ['+ <job>|done']],
  ['a row that went', `${first}|done\nx`, 'x', ['- <job>|done']],
  [
    'a job id in capitals, and one without dashes',
    '',
    `${first.toUpperCase()}\n${second.replaceAll('-', '')}`,
    ['+ <job 1>', '+ <job 2>'],
  ],
  ['a number', '41', '43', ['the number +2']],
  ['a number, from nothing', '', '3', ['the number +3']],
  ['numbers in lines', 'documents: 3\nmails: 7', 'documents: 4\nmails: 7', ['documents: # +1']],
  ['numbers in an object', '{"documents":3,"left":10.5}', '{"left":10.2,"documents":3}', ['left -0.3']],
  ['a key of an object', '{}', `{"${first}":{"runs":1}}`, ['+ <job>: {"runs":1}']],
  ['a number under the job', `{"${first}":1}`, `{"${first}":3}`, ['<job> +2']],
  [
    'times and other ids',
    '',
    `[{"id":"0e9b6f0e-7d4f-4c7e-9d55-3c1d2a1f0b11","at":"2026-01-02T03:04:05.678Z","sent":1767323045678}]`,
    ['+ {"at":"<time>","id":"<uuid>","sent":"<time>"}'],
  ],
  ['a value in place of another', '{"last":"a"}', '{"last":"b"}', ['last: a became b']],
  ['one object beside several', '{"n":"a"}', '{"n":"a"}\n{"n":"b"}', ['+ {"n":"b"}']],
])('%s', (_name, before, after, lines) => {
  expect(effect(before, after)).toEqual(lines);
});

test('what is to be ignored is left out: keys by their path, and parts of texts', () => {
  const patterns = [/meta\.seen/gi, /took \d+ ms/gi];
  const read = (text: string) => without(readSnapshot(text), patterns);
  expect(read('{"meta":{"seen":3,"kept":1},"n":1}')).toEqual({ meta: { kept: 1 }, n: 1 });
  expect(read('a took 12 ms\nb took 9 ms')).toEqual(['a ', 'b ']);
});

describe('what was changed on purpose before', () => {
  const between = (before: string, after: string) =>
    changesBetween(readSnapshot(before), readSnapshot(after));
  const texts = (changes: readonly { text: string; by: number | null }[]) =>
    changes.map(({ text, by }) => (by === null ? text : `${text} ${by}`)).sort();

  test('is taken away: a row that was put there and is there still, one that was changed since, a count', () => {
    const prepared = between('', '<job 1>|processing\n<job 2>|processing');
    expect(withoutChanges(between('', '<job 1>|processing\n<job 2>|processing'), prepared)).toEqual([]);
    expect(texts(withoutChanges(between('', '<job 1>|ready\n<job 2>|processing'), prepared))).toEqual([
      '+ <job 1>|ready',
      '- <job 1>|processing',
    ]);
    expect(withoutChanges(between('3', '5'), between('3', '5'))).toEqual([]);
    expect(texts(withoutChanges(between('3', '6'), between('3', '4')))).toEqual(['the number 2']);
  });

  test('is that of the job where the job is named', () => {
    const changes = between('', '<job 1>|ready\n<job 2>|processing');
    expect(texts(ofJob(changes, 2))).toEqual(['+ <job 2>|processing']);
    expect(ofJob(changes, 3)).toEqual(changes);
  });
});
