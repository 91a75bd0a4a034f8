import { Writable } from 'node:stream';
import { graphemes, isPlain } from './text.ts';

/** The terminal that frames are painted on. */
export interface Terminal {
  columns: number;
  rows: number;
  write(text: string): unknown;
}

/** A piece of a frame's row, from a column on. */
interface Piece {
  column: number;
  text: string;
}

// Stand-ins come from the private use planes, which no text that is drawn holds.
const firstStandIn = 0xf0000;
const standIns = 20_000;
const standIn = /[\u{f0000}-\u{f4e1f}]/u;
const sgrCode = /(\x1b\[[\d;]*m)/;

/**
 * What Ink writes its frames to, each whole (its `debug` mode). Ink places lines; their text is painted here:
 * - Ink takes every character of every line apart on every frame, 60 ms for a screen of 200 × 50, so that a burst
 *   of deliveries would hold up keys and receiver alike. It gets a stand-in of one character for each line.
 * - Only what changed reaches the terminal, at its place, in one write that is shown at once: no flicker, and the
 *   frame may be as high as the screen. Ink itself erases the terminal for such a frame, with its scrollback.
 */
export class FrameStream extends Writable {
  readonly #terminal: Terminal;
  readonly #byText = new Map<string, string>();
  readonly #byStandIn = new Map<string, string>();
  #next = 0;
  #shown: Map<number, string> | null = null;
  #closed = false;

  constructor(terminal: Terminal) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
  }

  get columns(): number {
    return this.#terminal.columns;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  /** A character for Ink to place, where `text` is to be painted. Lasts while frames keep asking for it. */
  place(text: string): string {
    let char = this.#byText.get(text);
    if (char === undefined) {
      char = String.fromCodePoint(firstStandIn + this.#next);
      this.#next = (this.#next + 1) % standIns;
      const before = this.#byStandIn.get(char);
      if (before !== undefined) this.#byText.delete(before);
      this.#byText.set(text, char);
      this.#byStandIn.set(char, text);
    }
    return char;
  }

  /** The next frame is painted whole. */
  forget(): void {
    this.#shown = null;
  }

  /** Nothing is painted any more: the screen belongs to somebody else. */
  shut(): void {
    this.#closed = true;
  }

  /** The screen is ours again: the next frame is painted whole. */
  open(): void {
    this.#closed = false;
    this.forget();
  }

  override _write(frame: string | Buffer, _encoding: string, done: () => void): void {
    const text = String(frame);
    if (!this.#closed && text !== '') this.#paint(text.split('\n').slice(0, this.rows));
    done();
  }

  #paint(lines: readonly string[]): void {
    const before = this.#shown;
    const shown = new Map<number, string>();
    const changed: string[] = before ? [] : ['\x1b[2J'];
    for (const [row, line] of lines.entries()) {
      for (const { column, text } of this.#pieces(line)) {
        const place = row * 10_000 + column;
        shown.set(place, text);
        if (before?.get(place) !== text)
          changed.push(`\x1b[${row + 1};${column + 1}H`, aligned(text, column, this.columns));
      }
    }
    this.#shown = shown;
    if (changed.length > 0) this.#terminal.write(`\x1b[?2026h${changed.join('')}\x1b[0m\x1b[?2026l`);
  }

  /** What stands in a line, and where; a line without stand-ins is a piece of its own and taken as it is. */
  #pieces(line: string): Piece[] {
    if (!standIn.test(line)) return [{ column: 0, text: `\x1b[2K${line}` }];
    return [...line].flatMap((char, column) => {
      const text = this.#byStandIn.get(char);
      return text === undefined ? [] : [{ column, text }];
    });
  }
}

/**
 * Text to write from `start` on. After characters that terminals give different widths (emoji, wide and combined
 * ones) the cursor is put where it belongs, so that columns line up whatever the terminal thinks.
 */
function aligned(text: string, start: number, columns: number): string {
  let column = start;
  let out = '';
  for (const piece of text.split(sgrCode)) {
    out += piece.startsWith('\x1b') || isPlain(piece) ? piece : '';
    if (piece.startsWith('\x1b')) continue;
    if (isPlain(piece)) column += piece.length;
    else
      for (const grapheme of graphemes(piece)) {
        column += grapheme.width;
        out += grapheme.text;
        if (!isPlain(grapheme.text) && column < columns) out += `\x1b[${column + 1}G`;
      }
  }
  return out;
}
