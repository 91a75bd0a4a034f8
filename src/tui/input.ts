import { type Key, useInput } from 'ink';
import { useRef } from 'react';
import type { View } from '../view/controller.ts';
import { graphemes } from './text.ts';

const pasteStart = '[200~';
const pasteEnd = '[201~';
const focusIn = '[I';
const focusOut = '[O';

/** What is told besides the keys. */
interface Told {
  /** The whole screen is to be painted again. */
  onRedraw: () => void;
  onFocus?: ((looked: boolean) => void) | undefined;
}

/** Passes keys and pasted text on to the view; reads none while it is not active. */
export function useKeys(view: View, { onRedraw, onFocus }: Told, isActive: boolean): void {
  const pasting = useRef(false);
  useInput(
    (input, key) => {
      if (input === pasteStart || input === pasteEnd) {
        pasting.current = input === pasteStart;
        return;
      }
      if (pasting.current) return view.paste(input);
      if (input === focusIn || input === focusOut) return onFocus?.(input === focusIn);
      for (const { name, text } of keysIn(input, key)) {
        if (name === 'ctrl+l') onRedraw();
        view.key(name, text);
      }
    },
    { isActive },
  );
}

const special: readonly [keyof Key, string][] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  // Ink calls both Backspace and Delete of most terminals "delete".
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
];

/** The keys in one piece of input: a quick typist's keys come together. */
function keysIn(input: string, key: Key): { name: string; text?: string }[] {
  if (key.tab) return [{ name: key.shift ? 'shift+tab' : 'tab' }];
  const named = special.find(([flag]) => key[flag]);
  if (named) return [{ name: named[1] }];
  if (key.ctrl) return [{ name: `ctrl+${input}` }];
  // What is left after Ink has taken the escape away: an unknown sequence, or Alt with a letter.
  if (key.meta || /^(\[|O)./.test(input)) return [];
  return [...graphemes(input)].map(({ text }) => namedText(text));
}

function namedText(text: string): { name: string; text?: string } {
  if (text === ' ') return { name: 'space', text };
  if (text === '\r' || text === '\n') return { name: 'enter' };
  if (text === '\t') return { name: 'tab' };
  if (text === '\x7f' || text === '\b') return { name: 'backspace' };
  if (text < ' ') return { name: `ctrl+${String.fromCharCode(text.charCodeAt(0) + 96)}` };
  return { name: text, text };
}
