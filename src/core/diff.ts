import { decodeBody, whyNotDecoded } from './content-coding.ts';
import type { HeaderPair } from './delivery.ts';
import { logSafe, printable } from './text.ts';
import {
  type BodyDifference,
  type Change,
  type Difference,
  headerChanges,
  textDifference,
} from './text-diff.ts';

/** A request or a response, to be compared with another. */
export interface Comparable {
  /** What stands before the headers, such as `POST /webhook` or `200`. */
  start: string;
  headers: readonly HeaderPair[];
  body: Uint8Array;
}

/** Compares two requests, or two responses. */
export function difference(before: Comparable, after: Comparable): Difference {
  return {
    start: before.start === after.start ? null : { before: before.start, after: after.start },
    headers: headerChanges(before.headers, after.headers),
    body: bodyDifference(before, after),
  };
}

function bodyDifference(left: Comparable, right: Comparable): BodyDifference {
  if (sameBytes(left.body, right.body)) return { kind: 'same' };
  const [before, after] = [left, right].map(
    ({ body, headers }) => decodeBody(body, headers)?.bytes ?? body,
  ) as [Uint8Array, Uint8Array];
  if (sameBytes(before, after)) return { kind: 'differs', note: 'differs only in how it is compressed' };
  const found = textDifference(before, after);
  const why = found.kind === 'differs' ? (undecodedReason(left) ?? undecodedReason(right)) : null;
  return why === null || found.kind !== 'differs'
    ? found
    : { kind: 'differs', note: `${found.note} (${why})` };
}

/** Why a compressed body is compared as it came; null where it is not compressed, or was read. */
const undecodedReason = ({ body, headers }: Comparable): string | null =>
  decodeBody(body, headers) === null ? whyNotDecoded(headers) : null;

const sameBytes = (before: Uint8Array, after: Uint8Array): boolean => Buffer.compare(before, after) === 0;

const marks = { same: ' ', removed: '-', added: '+', note: '\\' } as const;

/** The difference as text in the manner of `diff -u`, safe to print; empty when there is none. */
export function unifiedText({ start, headers, body }: Difference): string {
  const lines = [
    ...(start ? changeLines('', start) : []),
    ...headers.flatMap((change) => changeLines(`${change.name}: `, change)),
    ...bodyLines(body),
  ];
  return logSafe(lines.map((line) => `${printable(line)}\n`).join(''));
}

const changeLines = (prefix: string, { before, after }: Change): string[] => [
  ...(before === null ? [] : [`-${prefix}${before}`]),
  ...(after === null ? [] : [`+${prefix}${after}`]),
];

function bodyLines(body: BodyDifference): string[] {
  if (body.kind === 'same') return [];
  if (body.kind === 'differs') return [`body ${body.note}`];
  return body.hunks.flatMap((hunk) => [
    `@@ -${range(hunk.beforeStart, hunk.beforeLines)} +${range(hunk.afterStart, hunk.afterLines)} @@`,
    ...hunk.lines.map(({ kind, text }) => marks[kind] + text),
  ]);
}

// diff's way: a range without lines is named by the line before it.
const range = (start: number, lines: number): string => `${lines === 0 ? start - 1 : start},${lines}`;
