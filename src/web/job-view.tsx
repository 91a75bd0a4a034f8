import { useMemo, useState } from 'react';
import { formatSize } from '../core/units.ts';
import { type JobBlock, readJob } from '../view/job-result.ts';
import { Copy } from './copy.tsx';
import { JsonTree, parseJson } from './json-tree.tsx';
import { tableOf } from './table-text.ts';
import { safeLines, Text } from './text.tsx';
import './job-view.css';

/** Blocks that are drawn at first; more on demand. */
const firstBlocks = 100;
/** Characters of one block that are drawn. */
const longestBlock = 20_000;

/** A job with its result, to be read: what it says in words, its chunks as text and tables, and all of it as JSON. */
export function JobView({ job }: { job: unknown }) {
  const text = useMemo(() => JSON.stringify(job, null, 2), [job]);
  const { facts, chunks } = useMemo(() => readJob(job), [job]);
  const [raw, setRaw] = useState(chunks === null);
  const root = useMemo(() => (raw ? parseJson(text) : null), [raw, text]);
  return (
    <div className="job">
      <dl className="job-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Text of={value} />
            </dd>
          </div>
        ))}
      </dl>
      <p className="actions">
        {chunks !== null && (
          <button type="button" aria-pressed={raw} onClick={() => setRaw(!raw)}>
            JSON ({formatSize(text.length)})
          </button>
        )}
        {root === null && (
          <Copy text={text} label="Copy all of it as JSON">
            Copy
          </Copy>
        )}
      </p>
      {root !== null ? (
        <JsonTree text={text} root={root} />
      ) : raw || chunks === null ? (
        <pre className="raw">{safeLines(text.slice(0, 200_000))}</pre>
      ) : (
        <Chunks chunks={chunks} />
      )}
    </div>
  );
}

function Chunks({ chunks }: { chunks: readonly (readonly JobBlock[])[] }) {
  const [limit, setLimit] = useState(firstBlocks);
  const blocks = chunks.flatMap((chunk, i) => chunk.map((block, j) => ({ block, chunk: i, first: j === 0 })));
  if (blocks.length === 0) return <p className="hint">The result has no text.</p>;
  return (
    <>
      {blocks.slice(0, limit).map(({ block, chunk, first }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a block has no other name
        <div key={i}>
          {first && chunks.length > 1 && <h3>Chunk {chunk + 1}</h3>}
          <Block {...block} />
        </div>
      ))}
      {blocks.length > limit && (
        <button type="button" onClick={() => setLimit(limit * 4)}>
          {(blocks.length - limit).toLocaleString('en')} more blocks
        </button>
      )}
    </>
  );
}

function Block({ type, page, confidence, content }: JobBlock) {
  const table = type === 'Table' ? tableOf(content) : null;
  return (
    <article className="block">
      <p className="dim">
        <Text of={[type, page === null ? null : `page ${page}`].filter(Boolean).join(' · ')} />
        {confidence !== null && (
          <span className={confidence === 'low' ? 'warn' : undefined}>
            {' '}
            · <Text of={`${confidence} confidence`} />
          </span>
        )}
      </p>
      {table === null ? (
        <p className={`block-text ${type === 'Title' || type === 'Section Header' ? 'block-title' : ''}`}>
          {safeLines(content.slice(0, longestBlock))}
          {content.length > longestBlock && ' …'}
        </p>
      ) : (
        <Table rows={table} />
      )}
    </article>
  );
}

function Table({ rows }: { rows: readonly (readonly string[])[] }) {
  return (
    <div className="table" tabIndex={0} role="group" aria-label="Table">
      <table>
        <tbody>
          {rows.map((cells, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name
            <tr key={i}>
              {cells.map((cell, j) =>
                i === 0 ? (
                  // biome-ignore lint/suspicious/noArrayIndexKey: cells have no other name
                  <th key={j} scope="col">
                    <Text of={cell} />
                  </th>
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: cells have no other name
                  <td key={j}>
                    <Text of={cell} />
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
