import { createScanner, type Node, parseTree } from 'jsonc-parser';

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
 * A JSON text without the white space between its tokens, which stay as they were written. It is one line.
 * @param text valid JSON
 */
export function compactJson(text: string): string {
  if (!/\s/.test(text)) return text;
  const scanner = createScanner(text, true);
  const tokens: string[] = [];
  while (scanner.scan() !== endOfText)
    tokens.push(text.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength()));
  return tokens.join('');
}

// jsonc-parser's SyntaxKind, which is a const enum and can't be imported.
const endOfText = 17;

/**
 * One value of a JSON text, as it was written but compact; undefined where there is none. Of a key that stands
 * there twice the last one counts, as for JSON.parse.
 * @param text valid JSON, nested no deeper than `maxJsonDepth`
 */
export function memberText(text: string, path: readonly string[]): string | undefined {
  let node = parseTree(text);
  for (const key of path) {
    const members: Node[] = node?.type === 'object' ? node.children! : [];
    node = members.findLast(({ children }) => children?.[0]?.value === key)?.children?.[1];
  }
  return node && compactJson(text.slice(node.offset, node.offset + node.length));
}

/** An object as JSON text. @param members names, and values as JSON text; of a name that comes twice the last one counts */
export const objectText = (members: readonly (readonly [name: string, json: string])[]): string =>
  `{${[...new Map(members)].map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;

/** The members of a JSON object by name, in their order, each as JSON text. @param text a valid JSON object */
export const membersOf = (text: string): [name: string, json: string][] =>
  parseTree(text)!.children!.map(({ children }) => {
    const [name, value] = children!;
    return [name!.value, compactJson(text.slice(value!.offset, value!.offset + value!.length))];
  });
