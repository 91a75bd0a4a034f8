import { useRef } from 'react';
import { flushSync } from 'react-dom';

/** A header that is being edited; `id` is its own, as names may come twice. */
export interface EditedHeader {
  id: number;
  name: string;
  value: string;
}

/** What is wrong with a header, in a line; null for nothing (RFC 9110, 5.1 and 5.5). */
export function headerProblem({ name, value }: EditedHeader): string | null {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name.trim()))
    return `"${name}" is not a header's name: letters, digits and hyphens`;
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? null : `${name} holds what no header can`;
}

/** Headers as a table, in their order: names and values can be changed, rows added and removed. */
export function HeaderTable({
  headers,
  onChange,
}: {
  headers: readonly EditedHeader[];
  onChange(headers: readonly EditedHeader[]): void;
}) {
  const last = useRef<HTMLInputElement>(null);
  const change = (id: number, part: Partial<EditedHeader>): void =>
    onChange(headers.map((header) => (header.id === id ? { ...header, ...part } : header)));
  const add = (): void => {
    const id = Math.max(-1, ...headers.map((header) => header.id)) + 1;
    // Drawn at once: what is typed right after the click belongs to the new row.
    flushSync(() => onChange([...headers, { id, name: '', value: '' }]));
    last.current?.focus();
  };
  return (
    <section className="edit-headers" aria-label="Headers">
      <h3>Headers</h3>
      <div className="header-rows">
        {headers.map((header, i) => (
          <div key={header.id} className="header-row">
            <input
              ref={i === headers.length - 1 ? last : undefined}
              aria-label={`Name of header ${i + 1}`}
              aria-invalid={headerProblem(header) !== null}
              spellCheck={false}
              value={header.name}
              onChange={({ target }) => change(header.id, { name: target.value })}
            />
            <input
              aria-label={`Value of header ${i + 1}`}
              aria-invalid={headerProblem(header) !== null}
              spellCheck={false}
              value={header.value}
              onChange={({ target }) => change(header.id, { value: target.value })}
            />
            <button
              type="button"
              aria-label={`Remove header ${i + 1}`}
              title="Remove"
              onClick={() => onChange(headers.filter(({ id }) => id !== header.id))}
            >
              ✕
            </button>
          </div>
        ))}
      </div>
      <button type="button" onClick={add}>
        Add a header
      </button>
    </section>
  );
}
