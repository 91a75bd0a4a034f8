import { readFields, writeFields } from '../core/faults/fields.ts';
import { type FaultWord, joinFault, kindNamed, splitFault } from '../core/faults/words.ts';
import type { FaultKindInfo } from './state.ts';

/** How often a fault strikes, as a form asks: each time, the next so many times, or in so many of a hundred cases. */
export type HowOften = 'always' | 'count' | 'percent';

/** A kind of fault as a row to fill in: one for each word of the line that is of it, else one that is off. */
export interface FaultRow {
  kind: FaultKindInfo;
  /** Which word of the line it is; null when the fault is off. */
  word: number | null;
  /** The parts of its value. */
  parts: string[];
  often: HowOften;
  /** The count, or the percentage. */
  number: string;
}

/** The words of a line of faults. */
const wordsOf = (line: string): string[] => line.match(/\S+/g) ?? [];

/** Every kind with what the line says of it. Words that are of no kind have no row. */
export function faultRows(kinds: readonly FaultKindInfo[], line: string): FaultRow[] {
  const plain = kinds.map((kind) => ({ ...kind, name: kind.name.replace(/^(app|sender)\./, ''), kind }));
  const words = wordsOf(line).map((word, at) => {
    const fault = splitFault(word);
    return { fault, at, kind: kindNamed(plain, fault.name)?.kind };
  });
  return kinds.flatMap((kind) => {
    const own = words.filter((word) => word.kind === kind);
    return own.length === 0 ? [offRow(kind)] : own.map(({ fault, at }) => onRow(kind, fault, at));
  });
}

const offRow = (kind: FaultKindInfo): FaultRow => ({
  kind,
  word: null,
  parts: kind.fields.map(({ initial }) => initial),
  often: 'always',
  number: '',
});

function onRow(kind: FaultKindInfo, { value, limit }: FaultWord, word: number): FaultRow {
  const often = limit === null ? 'always' : limit.endsWith('%') ? 'percent' : 'count';
  const number = limit?.replace(/%$/, '') ?? '';
  return { kind, word, parts: readFields(kind.fields, value), often, number };
}

/** The line with a row as it is now: on or off, with these parts. */
export function withRow(line: string, row: FaultRow, on: boolean): string {
  const words = wordsOf(line);
  if (!on) return words.filter((_, at) => at !== row.word).join(' ');
  const limit = row.often === 'always' ? null : row.often === 'percent' ? `${row.number}%` : row.number;
  const word = joinFault({ name: row.kind.name, value: writeFields(row.kind.fields, row.parts), limit });
  if (row.word === null) return [...words, word].join(' ');
  return words.map((old, at) => (at === row.word ? word : old)).join(' ');
}
