import { type Span, span, visible, wrap } from './text.ts';

/** One line of a pane. */
export interface Line {
  spans: Span[];
  /** What folds when the cursor is here: this line opens it. */
  fold?: string;
  /** The fold that this line lies in. */
  inside?: string;
}

/** The lines of a pane, made when they are looked at: there may be a million. */
export interface Lines {
  readonly count: number;
  at(index: number): Line;
  /** What folds at a line and around it: asked of many lines, which need not be laid out for that. */
  foldsAt(index: number): Pick<Line, 'fold' | 'inside'>;
}

/** What a tab shows. */
export interface TabLines {
  lines: Lines;
  /** Whether anything in it folds. */
  folds: boolean;
  isOpen(fold: string): boolean;
}

/** Lines that are all there already. */
export const lines = (list: readonly Line[]): Lines => ({
  count: list.length,
  at: (index) => list[index]!,
  foldsAt: (index) => list[index]!,
});

const noFolds = (): object => ({});

/** Lines of plain text. */
export const textLine = (...spans: Span[]): Line => ({ spans });

/** Panes one below the other. */
export function stack(parts: readonly Lines[]): Lines {
  const starts: number[] = [];
  let count = 0;
  for (const part of parts) {
    starts.push(count);
    count += part.count;
  }
  const partAt = (index: number): [part: Lines, index: number] => {
    const which = starts.findLastIndex((start) => start <= index);
    return [parts[which]!, index - starts[which]!];
  };
  return {
    count,
    at(index) {
      const [part, at] = partAt(index);
      return part.at(at);
    },
    foldsAt(index) {
      const [part, at] = partAt(index);
      return part.foldsAt(at);
    },
  };
}

/** The lines of `inner`, moved to the right and put inside a fold. */
export function indented(inner: Lines, indent: number, fold?: string): Lines {
  const around = fold === undefined ? {} : { inside: fold };
  return {
    count: inner.count,
    at(index) {
      const line = inner.at(index);
      return { ...around, ...line, spans: [span(' '.repeat(indent)), ...line.spans] };
    },
    foldsAt: (index) => ({ ...around, ...inner.foldsAt(index) }),
  };
}

/** Text of which at most this much is laid out: more would hold the keys up. */
export const textLimit = 256_000;

/** Text with its line breaks, wrapped, and everything that a terminal would execute shown as an escape. */
export function textLines(text: string, width: number): Lines {
  const rows: string[] = [];
  const shown = text.slice(0, textLimit);
  for (const row of shown.split(/\r?\n/)) {
    for (const piece of wrap(visible(row), width)) rows.push(piece);
  }
  const wrapped: Lines = {
    count: rows.length,
    at: (index) => ({ spans: [span(rows[index]!)] }),
    foldsAt: noFolds,
  };
  if (shown.length === text.length) return wrapped;
  const note = `… only the first ${textLimit.toLocaleString('en')} of ${text.length.toLocaleString('en')} characters are shown`;
  return stack([wrapped, lines([textLine(span(note, 'warn'))])]);
}

/** Bytes as a hex dump; as many to a line as fit. */
export function hexLines(bytes: Uint8Array, width: number): Lines {
  // "00000000  " + 3 a byte + a gap in the middle + " " + 1 a byte
  const perLine = width >= 78 ? 16 : width >= 44 ? 8 : 4;
  return {
    count: Math.ceil(bytes.length / perLine),
    foldsAt: noFolds,
    at(index) {
      const start = index * perLine;
      const row = [...bytes.subarray(start, start + perLine)];
      const hex = row.map((byte, i) => (i === 8 ? ' ' : '') + byte.toString(16).padStart(2, '0')).join(' ');
      const text = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
      const size = perLine * 3 - 1 + (perLine > 8 ? 1 : 0);
      return {
        spans: [
          span(`${start.toString(16).padStart(8, '0')}  `, 'dim'),
          span(hex.padEnd(size)),
          span(`  ${text}`, 'dim'),
        ],
      };
    },
  };
}
