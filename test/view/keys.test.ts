import { expect, test } from 'vitest';
import { helpSections } from '../../src/view/help.ts';
import { keyAction, keysMarkdown, keyTable } from '../../src/view/keys.ts';

test('no key means two things in one context', () => {
  const seen = keyTable.flatMap(({ keys, contexts }) =>
    contexts.flatMap((context) => keys.map((key) => `${context} ${key}`)),
  );
  expect(seen.filter((use, i) => seen.indexOf(use) !== i)).toEqual([]);
});

test('what can be typed into a filter is typed', () => {
  for (const letter of 'abcdefghijklmnopqrstuvwxyz/?[]<>0123456789')
    expect(keyAction(letter, 'filter')).toBeNull();
});

test('the same key does what fits the place', () => {
  expect(keyAction('y', 'list')).toEqual({ type: 'run', task: 'copy-curl' });
  expect(keyAction('y', 'question')).toEqual({ type: 'answer', yes: true });
  expect(keyAction('ctrl+c', 'filter')).toEqual({ type: 'quit' });
});

test('help and README show every key and every field', () => {
  const help = helpSections()
    .flatMap(({ rows }) => rows)
    .flat()
    .join('\n');
  expect(help).toContain('replay: send it to the app again');
  expect(help).toContain('metadata.user_id:123');
  const markdown = keysMarkdown();
  expect(markdown).toContain('| `c` | list, detail | copy the public URL |');
  expect(markdown).toContain('| `Ctrl-C` | everywhere | quit |');
  expect(markdown.split('\n')).toHaveLength(keyTable.length + 2);
});
