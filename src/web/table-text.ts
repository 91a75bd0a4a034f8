/** Rows and cells of one table that are drawn. */
const maxRows = 500;
const maxCells = 50;

/** The cells of a table that is written in HTML or Markdown, as text; null where it is neither. */
export function tableOf(content: string): string[][] | null {
  return /<table[\s>]/i.test(content) ? fromHtml(content) : fromMarkdown(content);
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: ' ',
  '#39': "'",
};

/** By its tags alone: a browser's parser would look at what handlers and addresses there are in it. */
function fromHtml(content: string): string[][] | null {
  const rows = content
    .split(/<tr\b[^<>]*>/i)
    .slice(1, maxRows + 1)
    .map((row) =>
      row
        .split(/<t[hd]\b[^<>]*>/i)
        .slice(1, maxCells + 1)
        .map(cellText),
    );
  return rows.length === 0 ? null : rows;
}

const cellText = (cell: string): string =>
  cell
    .split(/<\/t[hdr]\b/i)[0]!
    .replace(/<[^<>]*>/g, ' ')
    .replace(/&(#?\w{1,6});/g, (whole, name: string) => entities[name] ?? whole)
    .trim();

function fromMarkdown(content: string): string[][] | null {
  const lines = content.trim().split('\n');
  const isRow = (line: string): boolean => line.trim().startsWith('|');
  if (lines.length < 2 || !lines.every(isRow) || !/^[\s|:-]+$/.test(lines[1]!)) return null;
  return lines
    .filter((_, i) => i !== 1)
    .slice(0, maxRows)
    .map((line) =>
      line
        .trim()
        .replace(/^\||\|$/g, '')
        .split('|')
        .slice(0, maxCells)
        .map((cell) => cell.trim()),
    );
}
