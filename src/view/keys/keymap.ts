import { type Context, contextOf, type ViewState } from '../state.ts';
import type { Surface } from '../surface.ts';
import { keyLabel, keysFor } from './labels.ts';
import type { KeyRow } from './row.ts';
import { keyTable } from './table.ts';

/** The contexts as they are called, in the order of the help. */
export const contextTitles: Record<Context, string> = {
  list: 'list',
  detail: 'detail',
  filter: 'filter line',
  form: 'form',
  question: 'question',
  sheet: 'page',
};

/** What a key does as things stand; null when nothing. */
export const rowOfKey = (state: ViewState, key: string, context: Context = contextOf(state)): KeyRow | null =>
  keyTable.find((row) => row.contexts.includes(context) && keysFor(state, row.command).includes(key)) ?? null;

/** A command that is hinted at. */
export interface Hint {
  row: KeyRow;
  key: string;
  text: string;
}

/** What the keys can do right now, what is urgent first; what can't act, or has no key, is left out. */
export function hintsOf(state: ViewState, surface: Surface): Hint[] {
  const hints = keyTable.flatMap((row): Hint[] => {
    const [key] = keysFor(state, row.command);
    if (key === undefined || row.hint === undefined || !row.contexts.includes(contextOf(state))) return [];
    if (row.whyNot?.(state, surface) != null) return [];
    const text = typeof row.hint === 'string' ? row.hint : row.hint(state);
    return [{ row, key: keyLabel(key), text }];
  });
  return [...hints.filter(({ row }) => row.urgent), ...hints.filter(({ row }) => !row.urgent)];
}

/** Where a row's keys are in force, in words. */
export const placesOf = ({ contexts }: KeyRow): string =>
  contexts.length === Object.keys(contextTitles).length
    ? 'everywhere'
    : contexts.map((context) => contextTitles[context]).join(', ');
