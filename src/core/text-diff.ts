import { diffWordsWithSpace, structuredPatch } from 'diff';
import type { HeaderPair } from './delivery.ts';
import { prettyJson } from './formats/json-text.ts';
import { formatSize } from './units.ts';
import { decodeUtf8 } from './utf8.ts';

/** A value on both sides; null where it is absent. */
export interface Change {
  before: string | null;
  after: string | null;
}

/** A line of a body; `note` is about the line before it (no line break at the end). */
export interface DiffLine {
  kind: 'same' | 'removed' | 'added' | 'note';
  text: string;
}

/** Changed lines that stand close together, with a few around them. Line numbers are from 1 up. */
export interface Hunk {
  beforeStart: number;
  beforeLines: number;
  afterStart: number;
  afterLines: number;
  lines: DiffLine[];
}

export type BodyDifference =
  | { kind: 'same' }
  /** `json`: the lines are those of pretty-printed JSON, whose values are as they were sent. */
  | { kind: 'lines'; json: boolean; hunks: Hunk[] }
  /** Can't be shown by lines; the note says what is known, and why. */
  | { kind: 'differs'; note: string };

/** What is different between two requests or responses; everything in it is as it was sent (not printable). */
export interface Difference {
  /** Null when they are the same. */
  start: Change | null;
  /** Those that differ. Order and the case of names do not count; of several with one name, each has its match. */
  headers: (Change & { name: string })[];
  body: BodyDifference;
}

/** Bytes of a body that are compared by lines; more would hold the screen up. */
const maxDiffBytes = 256 * 1024;
/** Lines that may differ: the work grows with their square. */
const maxDiffLines = 1000;

/** Whether nothing differs. */
export const isSame = ({ start, headers, body }: Difference): boolean =>
  start === null && headers.length === 0 && body.kind === 'same';

/** The headers that differ. */
export function headerChanges(
  before: readonly HeaderPair[],
  after: readonly HeaderPair[],
): Difference['headers'] {
  const left = valuesByName(before);
  const right = valuesByName(after);
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) => {
    const { name, values } = left.get(key) ?? { ...right.get(key)!, values: [] };
    const others = right.get(key)?.values ?? [];
    const count = Math.max(values.length, others.length);
    return Array.from({ length: count }, (_, i) => ({
      name,
      before: values[i] ?? null,
      after: others[i] ?? null,
    })).filter((change) => change.before !== change.after);
  });
}

function valuesByName(headers: readonly HeaderPair[]): Map<string, { name: string; values: string[] }> {
  const byName = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of headers) {
    const known = byName.get(name.toLowerCase());
    if (known) known.values.push(value);
    else byName.set(name.toLowerCase(), { name, values: [value] });
  }
  return byName;
}

/** Compares two bodies without their content codings. */
export function textDifference(before: Uint8Array, after: Uint8Array): BodyDifference {
  const sizes = `${before.length} and ${after.length} bytes`;
  if (Math.max(before.length, after.length) > maxDiffBytes)
    return {
      kind: 'differs',
      note: `differs: ${sizes}, and over ${formatSize(maxDiffBytes)} is not compared`,
    };
  const left = decodeUtf8(before);
  const right = decodeUtf8(after);
  if (left === null || right === null) return { kind: 'differs', note: `binary differs: ${sizes}` };
  const pretty = prettyPair(left, right);
  const [old, fresh] = pretty ?? [left, right];
  const patch = structuredPatch('', '', old, fresh, '', '', { context: 3, maxEditLength: maxDiffLines });
  if (!patch) return { kind: 'differs', note: `differs: ${sizes}, in more than ${maxDiffLines} lines` };
  return {
    kind: 'lines',
    json: pretty !== null,
    hunks: patch.hunks.map((hunk) => ({
      beforeStart: hunk.oldStart,
      beforeLines: hunk.oldLines,
      afterStart: hunk.newStart,
      afterLines: hunk.newLines,
      lines: hunk.lines.map((line) => ({ kind: kinds[line[0] as keyof typeof kinds], text: line.slice(1) })),
    })),
  };
}

/** Both as pretty JSON; null when they are not, and when they differ in their spaces only. */
function prettyPair(left: string, right: string): [string, string] | null {
  const [before, after] = [prettyJson(left), prettyJson(right)];
  return before === null || after === null || before === after ? null : [`${before}\n`, `${after}\n`];
}

/** Characters of a line in which parts are looked for; more is coloured as a whole. */
const maxLine = 2000;

/** A part of a line that was changed, and whether it is only on this side. */
export interface LinePart {
  text: string;
  changed: boolean;
}

/** What differs within a line that became another, word by word: the parts of both; null where nothing is alike. */
export function withinLine(before: string, after: string): { before: LinePart[]; after: LinePart[] } | null {
  if (Math.max(before.length, after.length) > maxLine) return null;
  const parts = diffWordsWithSpace(before, after, { maxEditLength: 200 });
  if (!parts?.some(({ added, removed, value }) => !added && !removed && /\w/.test(value))) return null;
  const side = (other: 'added' | 'removed', own: 'added' | 'removed'): LinePart[] =>
    parts.filter((part) => !part[other]).map((part) => ({ text: part.value, changed: part[own] }));
  return { before: side('added', 'removed'), after: side('removed', 'added') };
}

const kinds = { ' ': 'same', '-': 'removed', '+': 'added', '\\': 'note' } as const;
