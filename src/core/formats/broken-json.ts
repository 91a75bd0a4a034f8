import { visit } from 'jsonc-parser';
import { jsonValue } from '../json.ts';
import { JsonTokens, stringValue } from '../json-tokens.ts';

/** A JSON text that is broken: where, and what of it is whole. */
export interface BrokenJson {
  /** `line 3, column 14`. */
  place: string;
  /** The entries of the document that are whole: of its `log.entries` (HAR), or of the array that it is. */
  entries: unknown[];
  /** Whether the entries are those of a HAR. */
  har: boolean;
}

/** How deep a HAR's entries stand: in the document, `log` and the array. */
const harDepth = 3;

/** What can be had of a JSON text that JSON.parse refuses: cut off, or with a comma too many. */
export function readBroken(text: string): BrokenJson {
  const { pieces, har } = wholeEntries(text);
  // The place of what is none of these is told below.
  const entries = pieces.map(jsonValue).filter((value) => value !== undefined);
  return { place: placeOf(text, firstError(text)), entries, har };
}

/** The entries that are closed, as text. No recursion: what is broken may be nested without end. */
function wholeEntries(text: string): { pieces: string[]; har: boolean } {
  const tokens = new JsonTokens(text);
  const pieces: string[] = [];
  let depth = 0;
  let level = -1; // the depth within the array of entries, once it has begun
  let har = false;
  let key = '';
  let from = -1;
  for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
    if (kind === 'string' && depth === harDepth - 1 && level < 0) key = stringValue(tokens.text);
    if ((kind === '}' || kind === ']') && depth === level) break;
    if (depth === level && kind !== ',' && from < 0) from = tokens.from;
    if (kind === '{' || kind === '[') depth += 1;
    if (kind === '}' || kind === ']') depth -= 1;
    if (level < 0 && kind === '[' && (depth === 1 || (depth === harDepth && key === 'entries'))) {
      level = depth;
      har = depth === harDepth;
    } else if (depth === level && from >= 0 && kind !== ',') {
      pieces.push(text.slice(from, tokens.to));
      from = -1;
    }
  }
  return { pieces, har };
}

/** Where the text is no JSON any more. */
function firstError(text: string): number {
  let first = text.length;
  try {
    visit(
      text,
      {
        onError: (_error, offset) => {
          first = Math.min(first, offset);
        },
      },
      { disallowComments: true },
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // nested so deeply that the parser ran out of stack
  }
  return first;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - before.lastIndexOf('\n')}`;
}
