import { expect } from 'vitest';

/** What is allowed beside text and line breaks. */
interface PrintableOptions {
  /** Colours of our own (SGR), as a terminal's screen has them. */
  colours?: boolean;
  /** Lines that are commands to a CI job on purpose, as in the report for GitHub. */
  commands?: RegExp;
}

// Written anew, not taken from src/core/text.ts: what that forgets is to be seen.
const obeyed = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/;
const half = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const command = /^\s*::[^\n]*|##\w*\[[^\n]*/gm;

/** What in `text` would act on a terminal, a reader or a CI job; null when nothing does. */
function actsIn(text: string, { colours = false, commands }: PrintableOptions): string | null {
  const plain = colours ? text.replace(/\x1b\[[\d;]*m/g, '') : text;
  const at = Math.max(plain.search(obeyed), plain.search(half));
  if (at >= 0) return plain.slice(Math.max(0, at - 20), at + 20);
  return (plain.match(command) ?? []).find((line) => !commands?.test(line)) ?? null;
}

/** Bytes are compared as bytes: one by one, as values of any kind, a megabyte takes seconds. */
expect.addEqualityTesters([
  (one: unknown, other: unknown) =>
    one instanceof Uint8Array && other instanceof Uint8Array && one.constructor === other.constructor
      ? Buffer.compare(one, other) === 0
      : undefined, // whatever else there is, and bytes of two types, are vitest's
]);

expect.extend({
  toBePrintable(received: string, options: PrintableOptions = {}) {
    const found = actsIn(received, options);
    return {
      pass: found === null,
      message: () =>
        found === null
          ? 'expected something that acts on a terminal, a reader or a CI job, and there is nothing'
          : `expected nothing that acts on a terminal, a reader or a CI job, and there is ${JSON.stringify(found)}`,
    };
  },
});

declare module 'vitest' {
  interface Matchers<T> {
    /** No control, direction-changing or broken character, and no line that is a command to a CI job. */
    toBePrintable(options?: PrintableOptions): T;
  }
}

/** Text that tries all of it; for tests of what is printed. */
export const hostileText = [
  '\x1b[2J\x1b]0;title\x07\x9b31m\x7f\x00\x85\r',
  '::error::INJECTED',
  '  ::add-mask::INJECTED',
  '##[error]INJECTED ##vso[task.setvariable]x',
  '\u202ertl\u2066\u061c\u200f\u2028\u2029\ufeff\ufff9\ud800',
  '</failure>]]>&amp;<!-- | <img src=x onerror=x> [x](javascript:x) ``` @everyone',
  '# heading',
].join('\n');
