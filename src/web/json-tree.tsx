import type { Node } from 'jsonc-parser';
import { useEffect, useMemo, useRef, useState } from 'react';
import { printable } from '../core/text.ts';
import { parseJsonTree } from '../view/json-tree.ts';
import { Copy } from './copy.tsx';

/** Longer JSON is shown as text: building its tree would hold the page up. */
const treeLimit = 2_000_000;
/** Members of one value that are drawn at first. */
const firstMembers = 200;
/** Levels that are open at first. */
const openLevels = 4;

/** The tree of a JSON text; null where it is none, or too long. */
export const parseJson = (text: string): Node | null => parseJsonTree(text, treeLimit);

/** JSON as a tree that folds, its values as they were written, with a search. */
export function JsonTree({ text, root }: { text: string; root: Node }) {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const hits = useMemo(
    () => (query === '' ? null : matching(text, root, query.toLowerCase())),
    [text, root, query],
  );
  const found = useMemo(() => hits && lookAt(hits, at), [hits, at]);
  return (
    <div className="json">
      <div className="json-search">
        <input
          type="search"
          placeholder="Search"
          aria-label="Search in the JSON"
          value={query}
          onChange={({ target }) => {
            setQuery(target.value);
            setAt(0);
          }}
          onKeyDown={({ key, shiftKey }) => {
            if (key === 'Enter' && found) setAt(found.at + (shiftKey ? -1 : 1));
          }}
        />
        {found && <Hits found={found} go={setAt} />}
        <Copy text={text} label="Copy all of the JSON">
          Copy
        </Copy>
      </div>
      <ul className="tree">
        <Value text={text} node={root} name={null} path="$" depth={0} found={found} />
      </ul>
    </div>
  );
}

interface Found {
  /** In the order of the text. */
  hits: readonly Node[];
  all: ReadonlySet<Node>;
  /** Which of them is looked at; from 0. */
  at: number;
  /** What it stands in: shown open. */
  within: ReadonlySet<Node>;
}

/** What was found, with one of it looked at, round and round. */
function lookAt(hits: readonly Node[], wanted: number): Found {
  const at = hits.length === 0 ? 0 : ((wanted % hits.length) + hits.length) % hits.length;
  const within = new Set<Node>();
  for (let above = hits[at]?.parent; above; above = above.parent) within.add(above);
  return { hits, all: new Set(hits), at, within };
}

function Hits({ found: { hits, at }, go }: { found: Found; go(at: number): void }) {
  return (
    <>
      <span role="status">
        {hits.length === 0 ? 'not found' : `${at + 1} of ${hits.length.toLocaleString('en')}`}
      </span>
      <button type="button" aria-label="Previous" disabled={hits.length < 2} onClick={() => go(at - 1)}>
        ↑
      </button>
      <button type="button" aria-label="Next" disabled={hits.length < 2} onClick={() => go(at + 1)}>
        ↓
      </button>
    </>
  );
}

interface ValueProps {
  text: string;
  node: Node;
  name: string | null;
  path: string;
  depth: number;
  found: Found | null;
}

function Value({ text, node, name, path, depth, found }: ValueProps) {
  const container = (node.type === 'object' || node.type === 'array') && (node.children?.length ?? 0) > 0;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const [limit, setLimit] = useState(firstMembers);
  const leads = found?.within.has(node) ?? false;
  const open = leads || (chosen ?? depth < openLevels);
  const here = found !== null && found.hits[found.at] === node;
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (here) line.current?.scrollIntoView({ block: 'center' });
  }, [here]);
  const source = text.slice(node.offset, node.offset + Math.min(node.length, 10_000));
  const label = name === null ? null : <span className="key">{printable(name)}: </span>;
  if (!container)
    return (
      <li ref={line} className={foundClass(found, node)} aria-current={here || undefined}>
        {label}
        <span className={node.type}>{printable(source)}</span>
        <CopyBoth path={path} value={() => plain(text, node)} />
      </li>
    );
  const children = node.children!;
  // What is looked at is shown, however far down it stands.
  const last = leads
    ? children.findIndex((child) => found!.within.has(child) || found!.hits[found!.at] === child)
    : -1;
  const shown = Math.max(limit, last + 1);
  const [opening, closing] = node.type === 'array' ? ['[', ']'] : ['{', '}'];
  return (
    <li ref={line} className={foundClass(found, node)} aria-current={here || undefined}>
      <button type="button" className="fold" aria-expanded={open} onClick={() => setChosen(!open)}>
        {open ? '▾' : '▸'} {label}
        <span className="dim">{open ? opening : `${opening}…${closing} ${children.length}`}</span>
      </button>
      <CopyBoth path={path} value={() => plain(text, node)} />
      {open && (
        <ul>
          {children.slice(0, shown).map((child, i) => {
            const [key, value] = child.type === 'property' ? (child.children as [Node, Node]) : [null, child];
            return (
              <Value
                key={child.offset}
                text={text}
                node={value}
                name={key === null ? null : text.slice(key.offset, key.offset + key.length)}
                path={key === null ? `${path}[${i}]` : `${path}${member(String(key.value))}`}
                depth={depth + 1}
                found={found}
              />
            );
          })}
          {children.length > shown && (
            <li>
              <button type="button" onClick={() => setLimit(shown * 4)}>
                {(children.length - shown).toLocaleString('en')} more
              </button>
            </li>
          )}
        </ul>
      )}
      {open && (
        <span className="dim" aria-hidden="true">
          {closing}
        </span>
      )}
    </li>
  );
}

function CopyBoth({ path, value }: { path: string; value: () => string }) {
  return (
    <span className="copies">
      <Copy text={value} label="Copy the value"></Copy>
      <Copy text={path} label={`Copy the path ${path}`}>
        $
      </Copy>
    </span>
  );
}

/** A value as one wants it elsewhere: a string without its quotes, all else as it was written. */
const plain = (text: string, node: Node): string =>
  node.type === 'string' ? String(node.value) : text.slice(node.offset, node.offset + node.length);

/** A step of a JSONPath (RFC 9535). */
const member = (key: string): string => (/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);

const foundClass = (found: Found | null, node: Node): string | undefined =>
  found?.all.has(node) ? (found.hits[found.at] === node ? 'found here' : 'found') : undefined;

/** The values that hold the query, or whose keys do, in the order of the text. No recursion: a body may be nested without end. */
function matching(text: string, root: Node, query: string): Node[] {
  const found: Node[] = [];
  const todo: Node[] = [root];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    const isProperty = node.type === 'property';
    const value = isProperty ? node.children![1]! : node;
    const sources = [...(isProperty ? [node.children![0]!] : []), ...(value.children ? [] : [value])];
    const holds = ({ offset, length }: Node): boolean =>
      text
        .slice(offset, offset + length)
        .toLowerCase()
        .includes(query);
    if (sources.some(holds)) found.push(value);
    // From the last one to the first, as they are taken from the end.
    for (const child of (value.children ?? []).toReversed()) todo.push(child);
  }
  return found;
}
