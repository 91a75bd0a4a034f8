import { type Node, type ParseError, parseTree } from 'jsonc-parser';

/**
 * The tree of a JSON text, whose nodes say where in it each key and value stands.
 * @param limit characters beyond which none is built: it would hold the screen up
 * @returns null where the text is not JSON, too long, or nested deeper than can be read
 */
export function parseJsonTree(text: string, limit: number): Node | null {
  if (text.length > limit) return null;
  const errors: ParseError[] = [];
  try {
    const root = parseTree(text, errors, { disallowComments: true });
    return root === undefined || errors.length > 0 ? null : root;
  } catch (error) {
    if (error instanceof RangeError) return null; // nested so deeply that the parser ran out of stack
    throw error;
  }
}
