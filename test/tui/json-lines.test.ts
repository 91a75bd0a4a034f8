import { expect, test } from 'vitest';
import { jsonLines, treeLimit } from '../../src/tui/json-lines.ts';
import type { Lines } from '../../src/tui/lines.ts';

const options = { width: 80, id: 'j', folds: new Set<string>() };
const rows = (lines: Lines | null): string[] =>
  Array.from({ length: lines!.count }, (_, i) =>
    lines!
      .at(i)
      .spans.map(({ text }) => text)
      .join(''),
  );

test('keys and values are the text as it was sent', () => {
  const text = '{"b":1.50,"a":12345678901234567890, "b" : "caf\\u00e9", "e":-0.0e+1,"x":[],"y":{}}';
  expect(rows(jsonLines(text, options))).toEqual([
    '▾ {',
    '    "b": 1.50,',
    '    "a": 12345678901234567890,',
    '    "b": "caf\\u00e9",',
    '    "e": -0.0e+1,',
    '    "x": [],',
    '    "y": {}',
    '  }',
  ]);
});

test('folds by the fold that a line opens, and tells what lies in it', () => {
  const text = '{"a":{"b":1,"c":[1,2,3]},"d":null}';
  const open = jsonLines(text, options)!;
  const fold = open.at(1).fold!;
  expect(open.at(2).inside).toBe(fold);
  expect(rows(jsonLines(text, { ...options, folds: new Set([fold]) }))).toEqual([
    '▾ {',
    '  ▸ "a": {…},  2 keys',
    '    "d": null',
    '  }',
  ]);
});

test('long values go on in the next line', () => {
  const shown = rows(jsonLines(`{"key":"${'x'.repeat(50)}"}`, { ...options, width: 30 }));
  expect(shown).toEqual([
    '▾ {',
    `    "key": "${'x'.repeat(18)}`,
    `      ${'x'.repeat(24)}`,
    `      ${'x'.repeat(8)}"`,
    '  }',
  ]);
});

test('control characters are shown as escapes', () => {
  expect(rows(jsonLines('{"a":"\x7f\u202e\u200b"}', options))[1]).toBe('    "a": "\\x7f\\u202e\\u200b"');
});

test.each([
  ['text', 'no JSON'],
  ['two documents', '1 2'],
  ['a comment', '{"a":1 /* x */}'],
  ['nothing', ''],
  ['too much of it', `[${'0,'.repeat(treeLimit / 2)}0]`],
  ['nested beyond reason', '['.repeat(50_000) + ']'.repeat(50_000)],
])('%s is no tree', (_, text) => expect(jsonLines(text, options)).toBeNull());

test('deep nesting that can be read is drawn', () => {
  const lines = jsonLines(`${'['.repeat(500)}1${']'.repeat(500)}`, options)!;
  expect(lines.count).toBe(1001);
  expect(rows(lines).every((row) => row.length <= 80)).toBe(true);
});
