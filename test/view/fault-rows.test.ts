import { expect, test } from 'vitest';
import { faultKinds, qualifiedName } from '../../src/core/faults/index.ts';
import { parseFaults, printFault } from '../../src/core/faults/language.ts';
import { type FaultRow, faultRows, withRow } from '../../src/view/fault-rows.ts';

const kinds = faultKinds.map((kind) => ({ ...kind, name: qualifiedName(kind) }));
const rowOf = (line: string, name: string): FaultRow =>
  faultRows(kinds, line).find(
    ({ kind, word }) => kind.name === name && (word !== null || !line.includes(name)),
  )!;

test('rows say what the line says', () => {
  const line = 'duplicate=2,concurrent:1 nonsense sender.delay=20s:12.5% app.drop';
  expect(faultRows(kinds, line).filter(({ word }) => word !== null)).toMatchObject([
    { kind: { name: 'duplicate' }, word: 0, parts: ['2', ',concurrent'], often: 'count', number: '1' },
    { kind: { name: 'drop' }, word: 3, parts: [], often: 'always' },
    { kind: { name: 'sender.delay' }, word: 2, parts: ['20s'], often: 'percent', number: '12.5' },
  ]);
});

test('the line says what the rows say, and keeps what has no row', () => {
  let line = 'drop nonsense';
  line = withRow(line, rowOf(line, 'jitter'), true);
  expect(line).toBe('drop nonsense jitter=0ms-500ms');
  line = withRow(
    line,
    { ...rowOf(line, 'jitter'), parts: ['1s', '2s'], often: 'percent', number: '5' },
    true,
  );
  expect(line).toBe('drop nonsense jitter=1s-2s:5%');
  expect(withRow(line, rowOf(line, 'drop'), false)).toBe('nonsense jitter=1s-2s:5%');
});

test('every kind that is turned on is one that the language reads', () => {
  for (const { name } of kinds) {
    const line = withRow('', rowOf('', name), true);
    expect(parseFaults(line).map(printFault)).toHaveLength(1);
  }
});

test('of two words of one kind each has its row', () => {
  const rows = faultRows(kinds, 'drop:1 drop:10%').filter(({ kind }) => kind.name === 'drop');
  expect(rows.map(({ word }) => word)).toEqual([0, 1]);
});
