import type { Request } from 'express';
import express from 'express';
import { InvalidRequest } from './errors.ts';

/** Bytes of a JSON body that are taken. */
const maxJsonBody = 20 * 1024 * 1024;

// Python's own limit, about; deeper values could not be written out again.
const maxDepth = 500;

/** Reads a body of any type into `request.body`, so that {@link jsonBody} can judge it. */
export const rawBody = express.raw({ type: () => true, limit: maxJsonBody });

/**
 * The JSON that was sent, whatever its content type; undefined when there is no body, which the SDKs send with
 * a JSON content type.
 * @throws InvalidRequest when it is not JSON
 */
export function jsonBody(request: Request): unknown {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return undefined;
  const text = bytes.toString('utf8');
  if (depthOf(text) > maxDepth)
    throw new InvalidRequest([{ loc: ['body'], msg: 'The JSON is nested too deeply', type: 'json_invalid' }]);
  try {
    return JSON.parse(text);
  } catch (error) {
    const msg = `JSON decode error: ${(error as Error).message}`;
    throw new InvalidRequest([{ loc: ['body', 0], msg, type: 'json_invalid' }]);
  }
}

/** How deep a JSON text is nested. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '\\') i += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth);
    else if (char === ']' || char === '}') depth -= 1;
  }
  return deepest;
}
