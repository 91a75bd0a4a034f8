import { useMemo, useState } from 'react';
import { codingInWords } from '../core/outcome.ts';
import type { BodyRecord } from '../core/record.ts';
import { formatSize } from '../core/units.ts';
import { fromBase64 } from './base64.ts';
import { JsonTree, parseJson } from './json-tree.tsx';
import { safeLines } from './text.tsx';

/** Characters of text, or bytes of a dump, that are drawn at first; more on demand. */
const firstPart = 100_000;

/** A body as it is best read: JSON as a tree, else text, else a dump. */
export function BodyView({ body }: { body: BodyRecord }) {
  const text = textOf(body);
  // The page is drawn with every event: what was read once is kept.
  const root = useMemo(() => (text === null ? null : parseJson(text)), [text]);
  if (body.size === 0) return <p className="hint">The body is empty.</p>;
  if (text !== null && root !== null) return <JsonTree text={text} root={root} />;
  return text === null ? <Hex body={body} /> : <RawText body={body} />;
}

/** The text of a body; null where it is none. */
const textOf = (body: BodyRecord): string | null =>
  body.encoding === 'utf8' ? body.data : (body.decoded?.text ?? null);

/** A body as text, character by character. */
export function RawText({ body }: { body: BodyRecord }) {
  const [limit, setLimit] = useState(firstPart);
  const text = textOf(body);
  const coding = codingInWords(body);
  if (text === null) return <p className="hint">{formatSize(body.size)} that are no UTF-8 text.</p>;
  return (
    <>
      {coding !== null && <p className="note">{coding}</p>}
      <pre className="raw">{safeLines(text.slice(0, limit))}</pre>
      {text.length > limit && (
        <button type="button" onClick={() => setLimit(limit * 4)}>
          Show more ({formatSize(text.length - limit)} left)
        </button>
      )}
    </>
  );
}

/** A dump of bytes: offset, hexadecimal, text. */
export function Hex({ body }: { body: BodyRecord }) {
  const [rows, setRows] = useState(256);
  // A character is a byte at least.
  const bytes = useMemo(
    () =>
      body.encoding === 'base64'
        ? fromBase64(body.data)
        : new TextEncoder().encode(body.data.slice(0, rows * 16 + 1)),
    [body, rows],
  );
  const count = Math.min(rows, Math.ceil(bytes.length / 16));
  const lines = Array.from({ length: count }, (_, i) => hexLine(bytes.subarray(i * 16, i * 16 + 16), i * 16));
  return (
    <>
      <pre className="hex" tabIndex={0} role="group" aria-label="Bytes">
        {lines.join('\n')}
      </pre>
      {bytes.length > rows * 16 && (
        <button type="button" onClick={() => setRows(rows * 4)}>
          Show more
        </button>
      )}
    </>
  );
}

function hexLine(bytes: Uint8Array, at: number): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const text = [...bytes]
    .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'))
    .join('');
  return `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${text}`;
}
