import { describe, expect, test } from 'vitest';
import { changesBetween } from '../../../src/checks/effects/changes.ts';
import { type Effect, effectOf } from '../../../src/checks/effects/effect.ts';
import { compareWithUnit, learnUnit } from '../../../src/checks/effects/unit.ts';
import { readSnapshot } from '../../../src/checks/effects/value.ts';

/** The effect of going from one output, whose jobs have their labels already, to another one. */
const effect = (before: string, after: string): Effect =>
  effectOf(changesBetween(readSnapshot(before), readSnapshot(after)));

const lines = (...rows: string[]): Effect => effect('', rows.join('\n'));

test('an effect once for each job is the unit; twice, none, or another is not', () => {
  const unit = learnUnit([lines('<job 1>|done|1'), lines('<job 1>|done|1')])!;
  const compare = (seen: Effect, jobs: number[]) => compareWithUnit(unit, seen, jobs)?.summary ?? null;
  expect(compare(lines('<job 1>|done|1'), [1])).toBeNull();
  expect(compare(lines('<job 2>|done|1', '<job 1>|done|1'), [1, 2])).toBeNull();
  expect(compare(lines('<job 1>|done|1', '<job 1>|done|1'), [1])).toBe('job 1: 2 times the effect');
  expect(compare(lines('<job 1>|done|2'), [1])).toBe('job 1: 2 where 1 was expected');
  expect(compare(lines('<job 1>|done|1'), [1, 2])).toBe('job 2: no effect');
  expect(compare(lines('<job 1>|done|1'), [])).toBe('job 1: an effect');
});

test('one job that is lost does not make up for another that is doubled', () => {
  const unit = learnUnit([lines('<job 1>|done'), lines('<job 1>|done')])!;
  expect(compareWithUnit(unit, lines('<job 1>|done', '<job 1>|done'), [1, 2])?.summary).toBe(
    'job 1: 2 times the effect; job 2: no effect',
  );
});

test('words that differ from job to job do not count, and the others do', () => {
  const unit = learnUnit([lines('17|<job 1>|3 ms|1'), lines('18|<job 1>|5 ms|1')])!;
  expect(compareWithUnit(unit, lines('40|<job 1>|9 ms|1'), [1])).toBeNull();
  expect(compareWithUnit(unit, lines('40|<job 1>|9 ms|2'), [1])).toMatchObject({ onlyWords: true });
  expect(compareWithUnit(unit, lines('40|<job 1>|9 ms|1', '41|<job 1>|9 ms|1'), [1])).toMatchObject({
    surplus: true,
    onlyWords: false,
  });
});

test('numbers add up over jobs; one that grows differently each time can not be counted', () => {
  const grow = (documents: number, bytes: number) =>
    effect('{"documents":3,"bytes":9}', JSON.stringify({ documents, bytes }));
  const unit = learnUnit([grow(4, 100), grow(4, 120)])!;
  expect(unit.countable).toBe(true);
  expect(compareWithUnit(unit, grow(6, 500), [1, 2, 3])).toBeNull();
  expect(compareWithUnit(unit, grow(7, 500), [1, 2, 3])?.summary).toMatch(
    /documents: 4 times the effect for 3 jobs/,
  );
  expect(learnUnit([effect('5', '9'), effect('9', '11')])!.countable).toBe(false);
});

test('effects of another shape have no unit', () => {
  expect(learnUnit([lines('<job 1>|done'), lines('<job 1>|done', '<job 1>|mail')])).toBeNull();
  expect(learnUnit([lines('<job 1>|done'), lines('<job 1>|failed')])).toBeNull();
});

describe('words that vary by themselves', () => {
  const mask = (samples: string[], line: string) => {
    const unit = learnUnit(samples.map((text) => lines(text)))!;
    return compareWithUnit(unit, lines(line), [1]);
  };
  test.each([
    ['a slug without digits', ['<job 1>|blue-fox', '<job 1>|green-owl'], '<job 1>|red-cat'],
    ['a token that is a number by chance', ['<job 1>|a1f0', '<job 1>|97be'], '<job 1>|8812'],
    ['a token that has no digit by chance', ['<job 1>|a1f0', '<job 1>|97be'], '<job 1>|abcd'],
    ['a number and a token', ['<job 1>|1234', '<job 1>|97be'], '<job 1>|face'],
    ['a name and a number', ['<job 1>|ann|17', '<job 1>|bob|18'], '<job 1>|eve|x'],
  ])('%s is no other effect', (_, samples, line) => {
    expect(mask(samples, line)).toBeNull();
  });

  test('but what does not vary counts, and so does how a job ended', () => {
    expect(mask(['<job 1>|blue-fox|paid', '<job 1>|green-owl|paid'], '<job 1>|red-cat|free')).toMatchObject({
      summary: 'job 1: free where paid was expected',
    });
    expect(mask(['<job 1>|a1|done', '<job 1>|b2|done'], '<job 1>|c|failed')).toMatchObject({
      summary: 'job 1: failed where done was expected',
    });
  });
});
