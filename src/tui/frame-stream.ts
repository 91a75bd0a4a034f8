import { Writable } from 'node:stream';
import { graphemes } from '../view/text.ts';

/** The terminal that frames are painted on. */
export interface Terminal {
  columns: number;
  rows: number;
  write(text: string): unknown;
}

/**
 * What Ink writes its frames to, each whole (its `debug` mode). Only lines that changed reach the terminal, at
 * their place, in one write that terminals show at once: no flicker, and the frame may be as high as the screen.
 * Ink's own writer erases the whole terminal for such a frame, and its scrollback with it.
 */
export class FrameStream extends Writable {
  #shown: string[] | null = null;
  #terminal: Terminal;
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

  /** The next frame is painted whole. */
  forget(): void {
    this.#shown = null;
  }

  /** Nothing is painted any more: the screen belongs to somebody else. */
  shut(): void {
    this.#closed = true;
  }

  override _write(frame: string | Buffer, _encoding: string, done: () => void): void {
    const text = String(frame);
    if (!this.#closed && text !== '') this.#paint(text.split('\n').slice(0, this.rows));
    done();
  }

  #paint(lines: string[]): void {
    const before = this.#shown;
    const changed: string[] = before ? [] : ['\x1b[2J'];
    for (let row = 0; row < Math.max(lines.length, before?.length ?? 0); row++) {
      const line = lines[row] ?? '';
      if (before === null || before[row] !== line)
        changed.push(`\x1b[${row + 1};1H${placed(line, this.columns)}`);
    }
    this.#shown = lines;
    if (changed.length > 0) this.#terminal.write(`\x1b[?2026h${changed.join('')}\x1b[?2026l`);
  }
}

const sgrCode = /\x1b\[[\d;]*m/g;
const narrow = /^[\x20-\x7e\u00a1-\u02ff\u2010-\u203a\u2190-\u21ff\u2500-\u25ff\u2713\u2717\u276f]*$/;

/**
 * A line to write from the first column on. After characters that terminals give different widths (emoji, wide
 * and combined ones) the cursor is put where it belongs, so that columns line up whatever the terminal thinks.
 */
function placed(line: string, columns: number): string {
  const bare = line.replace(sgrCode, '');
  let width = 0;
  let text = line;
  if (narrow.test(bare)) width = bare.length;
  else {
    text = '';
    for (const piece of line.split(/(\x1b\[[\d;]*m)/)) {
      if (piece.startsWith('\x1b')) text += piece;
      else
        for (const grapheme of graphemes(piece)) {
          width += grapheme.width;
          text += grapheme.text;
          if (!narrow.test(grapheme.text) && width < columns) text += `\x1b[${width + 1}G`;
        }
    }
  }
  // Erasing at the very last column would take its character away.
  return width < columns ? `${text}\x1b[0m\x1b[K` : text;
}
