import { graphemes } from '../../src/tui/text.ts';

/** How a piece of a terminal's screen looks. */
interface Look {
  colour: number | null;
  bold: boolean;
  dim: boolean;
  inverse: boolean;
}

interface Piece extends Look {
  text: string;
  /** Where it begins, in columns. */
  column: number;
  columns: number;
}

const plain: Look = { colour: null, bold: false, dim: false, inverse: false };

// The 16 colours by their SGR numbers 30–37 and 90–97, on the dark ground of a window of its own: so the picture reads
// the same on a light and on a dark page.
const ground = '#16181d';
const text = '#d8dee9';
const colours: Readonly<Record<number, string>> = {
  ...{
    30: '#3b4252',
    31: '#ff6b70',
    32: '#8fd16f',
    33: '#f0c674',
    34: '#7aa7ff',
    35: '#d49be0',
    36: '#6fd0e0',
  },
  ...{ 37: text, 90: '#7d8595', 91: '#ff8a8e', 92: '#a9e08c', 93: '#f6d68f', 94: '#9bbcff', 95: '#e3b5ec' },
  ...{ 96: '#93e0ec', 97: '#ffffff' },
};

const size = { column: 8.4, line: 18, font: 14, padding: 16, bar: 34 };

/** A terminal's screen, as `tmux capture-pane -e` gives it, as the picture of a window. */
export function terminalSvg(screen: string, columns: number, title: string): string {
  const lines = screen.trimEnd().split('\n').map(pieces);
  const width = Math.ceil(columns * size.column + 2 * size.padding);
  const height = size.bar + lines.length * size.line + 2 * size.padding - 6;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (colour, i) => `<circle cx="${20 + i * 20}" cy="17" r="6" fill="${colour}"/>`,
  );
  const rows = lines.flatMap((line, i) => drawn(line, size.bar + size.padding + i * size.line, columns));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="10" fill="${ground}" stroke="#3d434f"/>`,
    ...dots,
    `<text x="${width / 2}" y="22" fill="#8b93a3" font-family="system-ui,sans-serif" font-size="13" text-anchor="middle">${escaped(title)}</text>`,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${size.font}" fill="${text}">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** The pieces of a line that look alike. */
function pieces(line: string): Piece[] {
  const found: Piece[] = [];
  let look = plain;
  let column = 0;
  for (const [, codes, written] of line.matchAll(/\x1b\[([\d;]*)m|([^\x1b]+)/g)) {
    if (written === undefined) {
      look = styled(look, codes!);
      continue;
    }
    const columns = widthOf(written);
    found.push({ ...look, text: written, column, columns });
    column += columns;
  }
  return found;
}

function styled(before: Look, codes: string): Look {
  const look = { ...before };
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) Object.assign(look, plain);
    if (code === 1) look.bold = true;
    if (code === 2) look.dim = true;
    if (code === 22) look.bold = look.dim = false;
    if (code === 7) look.inverse = true;
    if (code === 27) look.inverse = false;
    if (code === 39) look.colour = null;
    if (code in colours) look.colour = code;
  }
  return look;
}

function drawn(line: readonly Piece[], top: number, columns: number): string[] {
  return line.flatMap((piece, i) => {
    // A bar goes on to the edge: tmux leaves out the spaces at the end of a line.
    const end = i === line.length - 1 ? columns : piece.column + piece.columns;
    const bar = piece.inverse
      ? [
          `<rect x="${at(piece.column)}" y="${top}" width="${wide(end - piece.column)}" height="${size.line}" fill="${fillOf(piece)}"/>`,
        ]
      : [];
    return [...bar, ...words(piece).map((word) => drawnWord(word, piece, top + 13))];
  });
}

/** A piece without its wide gaps, which renderers do not all keep. */
function words({ text: written, column }: Piece): { text: string; column: number; columns: number }[] {
  return [...written.matchAll(/\S+(?: \S+)*/g)].map(({ 0: word, index }) => ({
    text: word,
    column: column + widthOf(written.slice(0, index)),
    columns: widthOf(word),
  }));
}

function drawnWord(word: ReturnType<typeof words>[number], piece: Piece, y: number): string {
  const attributes = [
    `x="${at(word.column)}" y="${y}"`,
    // Whatever font there is, a column is as wide as a column.
    `textLength="${wide(word.columns)}"`,
    ...(piece.inverse ? [`fill="${ground}"`] : piece.colour === null ? [] : [`fill="${fillOf(piece)}"`]),
    ...(piece.bold ? ['font-weight="bold"'] : []),
    ...(piece.dim ? ['opacity=".62"'] : []),
  ];
  return `<text ${attributes.join(' ')}>${escaped(word.text)}</text>`;
}

const fillOf = ({ colour }: Look): string => (colour === null ? text : colours[colour]!);
const at = (column: number): number => round(size.padding + column * size.column);
const wide = (columns: number): number => round(columns * size.column);
const widthOf = (written: string): number =>
  [...graphemes(written)].reduce((sum, { width }) => sum + width, 0);

const round = (value: number): number => Math.round(value * 10) / 10;

const escaped = (written: string): string =>
  written.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
