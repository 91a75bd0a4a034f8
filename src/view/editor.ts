import { characters } from './characters.ts';

/** A line being typed; `cursor` is an offset into `text`, between characters as a reader counts them. */
export interface Editor {
  text: string;
  cursor: number;
}

export type EditorMove =
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'backspace'
  | 'delete'
  | 'delete-line'
  | 'delete-word';

/** An editor with the cursor at the end of `text`. */
export const editorOf = (text: string): Editor => ({ text, cursor: text.length });

/** Puts text in at the cursor; line breaks in what was pasted become spaces. */
export function insert({ text, cursor }: Editor, added: string): Editor {
  const clean = added.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '');
  return { text: text.slice(0, cursor) + clean + text.slice(cursor), cursor: cursor + clean.length };
}

/** Moves the cursor or takes something away. */
export function edit(editor: Editor, move: EditorMove): Editor {
  const { text, cursor } = editor;
  const remove = (from: number, to: number): Editor => ({
    text: text.slice(0, from) + text.slice(to),
    cursor: from,
  });
  switch (move) {
    case 'left':
      return { text, cursor: previous(text, cursor) };
    case 'right':
      return { text, cursor: next(text, cursor) };
    case 'home':
      return { text, cursor: 0 };
    case 'end':
      return { text, cursor: text.length };
    case 'backspace':
      return remove(previous(text, cursor), cursor);
    case 'delete':
      return remove(cursor, next(text, cursor));
    case 'delete-line':
      return remove(0, cursor);
    case 'delete-word':
      return remove(text.slice(0, cursor).replace(/\S*\s*$/, '').length, cursor);
  }
}

const previous = (text: string, cursor: number): number => {
  let last = '';
  for (const character of characters(text.slice(0, cursor))) last = character;
  return cursor - last.length;
};

const next = (text: string, cursor: number): number => {
  const [first = ''] = characters(text.slice(cursor));
  return cursor + first.length;
};
