import { applyEdits, type JSONPath, modify } from 'jsonc-parser';
import { decodeUtf8 } from './payload.ts';

/**
 * A body with one value of its JSON set, or removed when `value` is undefined; every other byte stays as it is.
 * @returns null when the body is not a JSON object, or the path leads through something that is none
 */
export function setInBody(body: Uint8Array, path: JSONPath, value: unknown): Uint8Array | null {
  const text = decodeUtf8(body);
  if (text === null || !leadsThroughObjects(text, path)) return null;
  return Buffer.from(applyEdits(text, modify(text, path, value, {})));
}

function leadsThroughObjects(text: string, path: JSONPath): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return false; // not JSON: the caller says so
  }
  for (const key of path.slice(0, -1)) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string, unknown>)[key];
    if (value === undefined) return true; // made on the way
  }
  return typeof value === 'object' && value !== null;
}
