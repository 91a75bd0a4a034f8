import type { HeaderPair } from '../core/delivery.ts';
import { codingInWords } from '../core/outcome.ts';
import { type BodyRecord, bodyBytes } from '../core/record.ts';
import { hexLines, type Lines, lines, textLine, textLines } from './lines.ts';
import { span, visible, wrap } from './text.ts';

/** A body as it is read: decompressed where it came compressed. */
export const readable = (body: BodyRecord): BodyRecord =>
  body.decoded ? { ...body, encoding: 'utf8', data: body.decoded.text } : body;

/** What stands above a body that came compressed: both its sizes, or why it can't be read; null for others. */
export function codingNote(body: BodyRecord): string | null {
  const words = codingInWords(body);
  return words === null ? null : `${words[0]!.toUpperCase()}${words.slice(1)}.`;
}

/** A body as text, or as a hex dump where it is none. */
export function rawLines(body: BodyRecord, width: number): Lines {
  if (body.size === 0) return lines([textLine(span('(empty)', 'dim'))]);
  return body.encoding === 'utf8' ? textLines(body.data, width) : hexLines(bodyBytes(body), width);
}

/** Header pairs, in their order and case. */
export function headerLines(headers: readonly HeaderPair[], width: number): Lines {
  if (headers.length === 0) return lines([textLine(span('(none)', 'dim'))]);
  return lines(
    headers.flatMap(([name, value]) => {
      const label = `${visible(name)}: `;
      const [first, ...more] = wrap(label + visible(value), width);
      return [
        textLine(span(first!.slice(0, label.length), 'key'), span(first!.slice(label.length))),
        ...more.map((row) => textLine(span(row))),
      ];
    }),
  );
}
