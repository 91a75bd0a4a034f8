import { applyEdits, type JSONPath, modify } from 'jsonc-parser';
import { parseShallowJson } from './formats/json-text.ts';
import { decodeUtf8 } from './utf8.ts';

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
  let value = parseShallowJson(text)?.value;
  for (const key of path.slice(0, -1)) {
    if (!isObject(value)) return false;
    value = Object.hasOwn(value, key) ? value[key] : {}; // made on the way
  }
  return isObject(value);
}

const isObject = (value: unknown): value is Record<string | number, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
