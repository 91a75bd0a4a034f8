import { JsonTokens, stringValue } from './json-tokens.ts';

/**
 * JSON that is to stand in other JSON as it was written. JavaScript's values can't hold all of JSON: it turns
 * 9007199254740993 into …992, 10.0 into 10, and puts the keys "2", "1" into another order.
 */
export class JsonText {
  /** @param text valid JSON without a line break: see {@link compactJson} */
  constructor(readonly text: string) {}

  /** For those who write it with JSON.stringify all the same: its value, as near as JavaScript can hold it. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** The value of a JSON text; undefined where it is none. */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // JSON.parse has one way to fail
  }
}

/** A value as JSON, with each {@link JsonText} in it as it was written. @param indent as JSON.stringify takes it */
export function printJson(value: unknown, indent?: number): string {
  const texts: string[] = [];
  const mark = `json-${Math.random().toString(36).slice(2)}-`;
  const json = JSON.stringify(
    value,
    function (this: Record<string, unknown>, key, each) {
      const given = this[key]; // what stands there before its toJSON was called
      return given instanceof JsonText ? `${mark}${texts.push(given.text) - 1}` : each;
    },
    indent,
  );
  return texts.length === 0 ? json : json.replace(new RegExp(`"${mark}(\\d+)"`, 'g'), (_, i) => texts[i]!);
}

/**
 * A JSON text in one line: numbers and the order of keys as they were written, no white space between the tokens,
 * and each character of a string written one way, so that text can be searched for.
 * @param text valid JSON
 */
export function compactJson(text: string): string {
  if (!/[\s\\]/.test(text)) return text;
  const tokens = new JsonTokens(text);
  const pieces: string[] = [];
  while (tokens.next() !== 'end') pieces.push(compactToken(tokens));
  return pieces.join('');
}

const compactToken = ({ kind, text }: JsonTokens): string =>
  kind === 'string' && text.includes('\\') ? JSON.stringify(stringValue(text)) : text;

/**
 * One value of a JSON text, as it was written but compact; undefined where there is none. Of a key that stands
 * there twice the last one counts, as for JSON.parse.
 * @param text valid JSON
 */
export const memberText = (text: string, path: readonly string[]): string | undefined =>
  path.reduce<string | undefined>(
    (json, key) => (json === undefined ? undefined : membersOf(json).findLast(([name]) => name === key)?.[1]),
    text,
  );

/** An object as JSON text. @param members names, and values as JSON text; of a name that comes twice the last one counts */
export const objectText = (members: readonly (readonly [name: string, json: string])[]): string =>
  `{${[...new Map(members)].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;

/**
 * The members of a JSON object in their order, each as compact JSON text; none of what is no object. No recursion:
 * text from outside may be nested without end.
 * @param text valid JSON
 */
export function membersOf(text: string): [name: string, json: string][] {
  const members: [string, string][] = [];
  let name: string | null = null;
  let value: string[] = [];
  let depth = 0;
  const tokens = new JsonTokens(text);
  for (let kind = tokens.next(); kind !== 'end'; kind = tokens.next()) {
    if (depth === 0 && kind !== '{') return [];
    if (kind === '}' || kind === ']') depth -= 1;
    if (name !== null && (depth === 0 || (depth === 1 && kind === ','))) {
      members.push([name, value.join('')]);
      name = null;
    } else if (name !== null && !(kind === ':' && value.length === 0)) {
      value.push(compactToken(tokens));
    } else if (name === null && depth === 1 && kind === 'string') {
      name = stringValue(tokens.text);
      value = [];
    }
    if (kind === '{' || kind === '[') depth += 1;
  }
  return members;
}
