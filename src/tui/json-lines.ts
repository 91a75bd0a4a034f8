import type { Node } from 'jsonc-parser';
import { parseJsonTree } from '../view/json-tree.ts';
import type { Tone } from '../view/tone.ts';
import type { Line, Lines } from './lines.ts';
import { type Span, span, visible, wrapSpans } from './text.ts';

/** JSON longer than this is shown as text: building its tree would hold the keys up. */
export const treeLimit = 256_000;

/** How a document is shown. */
export interface JsonOptions {
  width: number;
  /** Set before the ids of its folds, so that several documents can stand in one pane. */
  id: string;
  /** The folds that are closed. */
  folds: ReadonlySet<string>;
}

/** One line of the pretty document, before it is wrapped. */
interface Entry {
  node: Node;
  key: Node | null;
  depth: number;
  part: 'leaf' | 'open' | 'close' | 'folded';
  comma: boolean;
  inside: string | undefined;
}

/**
 * JSON as a foldable tree whose keys and values are the text as it was sent: number literals, escapes, duplicate
 * keys and order stay. Null when `text` is not JSON, too long, or nested deeper than can be drawn.
 */
export function jsonLines(text: string, options: JsonOptions): Lines | null {
  const root = parse(text);
  if (root === null) return null;
  // Those that may need several rows are laid out now, for their number; the others when they are looked at.
  const rows: { entry: Entry; spans: Span[] | null }[] = [];
  for (const entry of flatten(root, options)) {
    if (mayWrap(entry, options.width))
      for (const spans of wrapped(text, entry, options.width)) rows.push({ entry, spans });
    else rows.push({ entry, spans: null });
  }
  const foldsAt = (index: number): Pick<Line, 'fold' | 'inside'> => {
    const { part, node, inside } = rows[index]!.entry;
    const id = foldId(options.id, node);
    return {
      ...(part === 'open' || part === 'folded' ? { fold: id } : {}),
      ...(part === 'close' ? { inside: id } : inside === undefined ? {} : { inside }),
    };
  };
  return {
    count: rows.length,
    at(index) {
      const { entry, spans } = rows[index]!;
      return { spans: spans ?? wrapped(text, entry, options.width)[0]!, ...foldsAt(index) };
    },
    foldsAt,
  };
}

const trees = new Map<string, Node | null>();

/** The tree of `text`; the last few are kept, since folding and scrolling ask again and again. */
function parse(text: string): Node | null {
  if (text.length > treeLimit) return null;
  let tree = trees.get(text);
  if (tree === undefined) {
    tree = parseJsonTree(text, treeLimit);
    if (trees.size >= 8) trees.delete(trees.keys().next().value!);
    trees.set(text, tree);
  }
  return tree;
}

const foldId = (id: string, node: Node): string => `${id}:${node.offset}`;

// Iterative: what the parser could read must be drawn without running out of stack.
function* flatten(root: Node, { id, folds }: JsonOptions): Generator<Entry> {
  const todo: Entry[] = [{ node: root, key: null, depth: 0, part: 'open', comma: false, inside: undefined }];
  for (let entry = todo.pop(); entry !== undefined; entry = todo.pop()) {
    const { node, depth } = entry;
    const children = node.children ?? [];
    if (entry.part === 'close') yield entry;
    else if (!isContainer(node) || children.length === 0) yield { ...entry, part: 'leaf' };
    else if (folds.has(foldId(id, node))) yield { ...entry, part: 'folded' };
    else {
      yield entry;
      todo.push({ ...entry, part: 'close' });
      for (let i = children.length - 1; i >= 0; i--) {
        const child = children[i]!;
        const property = child.type === 'property';
        todo.push({
          node: property ? child.children![1]! : child,
          key: property ? child.children![0]! : null,
          depth: depth + 1,
          part: 'open',
          comma: i < children.length - 1,
          inside: foldId(id, node),
        });
      }
    }
  }
}

const isContainer = (node: Node): boolean => node.type === 'object' || node.type === 'array';

/** Beyond this depth lines are no longer moved to the right. */
const indentOf = (depth: number, width: number): number => Math.min(depth * 2, Math.floor(width / 2));

// Shown as an escape, a character takes up to six columns.
const mayWrap = ({ node, key, depth, part }: Entry, width: number): boolean =>
  indentOf(depth, width) + 8 + ((key?.length ?? 0) + (part === 'leaf' ? node.length : 0)) * 6 > width;

function wrapped(text: string, entry: Entry, width: number): Span[][] {
  const indent = indentOf(entry.depth, width);
  return wrapSpans([span(' '.repeat(indent)), ...tokens(text, entry)], width, indent + 4);
}

const tones: Partial<Record<Node['type'], Tone>> = {
  string: 'string',
  number: 'number',
  boolean: 'literal',
  null: 'literal',
};

function tokens(text: string, { node, key, part, comma }: Entry): Span[] {
  const raw = (of: Node): string => visible(text.slice(of.offset, of.offset + of.length));
  const [opening, closing] = node.type === 'array' ? ['[', ']'] : ['{', '}'];
  const end = span(comma ? ',' : '', 'dim');
  if (part === 'close') return [span(`  ${closing}`, 'dim'), end];
  const name = key === null ? [] : [span(raw(key), 'key'), span(': ', 'dim')];
  if (part === 'open') return [span('▾ ', 'accent'), ...name, span(opening!, 'dim')];
  if (part === 'folded')
    return [
      span('▸ ', 'accent'),
      ...name,
      span(`${opening}…${closing}`),
      end,
      span(`  ${howMany(node)}`, 'dim'),
    ];
  if (isContainer(node)) return [span('  '), ...name, span(`${opening}${closing}`, 'dim'), end];
  return [span('  '), ...name, span(raw(node), tones[node.type]), end];
}

function howMany(node: Node): string {
  const count = node.children?.length ?? 0;
  const noun = node.type === 'array' ? 'item' : 'key';
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
