import { expect, test } from 'vitest';
import { type EditorMove, edit, editorOf, insert } from '../../src/view/editor.ts';

const after = (text: string, ...moves: EditorMove[]): { text: string; cursor: number } =>
  moves.reduce(edit, editorOf(text));

test('typing goes in at the cursor', () => {
  expect(insert(after('ad', 'left'), 'bc')).toEqual({ text: 'abcd', cursor: 3 });
});

test('what was pasted becomes one line', () => {
  expect(insert(editorOf(''), 'a\r\nb\tc\x1b')).toEqual({ text: 'a b c', cursor: 5 });
});

test.each<[EditorMove[], string, number]>([
  [['left', 'left'], 'one two', 5],
  [['home', 'left'], 'one two', 0],
  [['home', 'right'], 'one two', 1],
  [['home', 'end', 'right'], 'one two', 7],
  [['backspace'], 'one tw', 6],
  [['home', 'backspace'], 'one two', 0],
  [['home', 'delete'], 'ne two', 0],
  [['delete-word'], 'one ', 4],
  [['delete-word', 'delete-word'], '', 0],
  [['left', 'delete-line'], 'o', 0],
])('%j leaves %j', (moves, text, cursor) => expect(after('one two', ...moves)).toEqual({ text, cursor }));

test('a character that is made of several goes as a whole', () => {
  expect(after('a👩‍👩‍👧', 'backspace')).toEqual({ text: 'a', cursor: 1 });
  expect(after('👩‍👩‍👧b', 'home', 'right').cursor).toBe('👩‍👩‍👧'.length);
});
