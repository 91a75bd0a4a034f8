import { useEffect } from 'react';
import type { ScreenCommand } from '../view/keys/defaults.ts';
import { rowOfKey } from '../view/keys/keymap.ts';
import { keysFor } from '../view/keys/labels.ts';
import type { KeyRow } from '../view/keys/row.ts';
import { type Context, contextOf, type ViewState } from '../view/state.ts';
import { toggleMark } from './marking.ts';
import type { Page } from './page.ts';
import { placeOf } from './place.ts';

const names: Readonly<Record<string, string>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  PageUp: 'pageup',
  PageDown: 'pagedown',
  Enter: 'enter',
  Escape: 'esc',
  Home: 'home',
  End: 'end',
  Tab: 'tab',
  Backspace: 'backspace',
  ' ': 'space',
};

/** A key by the name that the table of keys has for it. */
function nameOf({ key, ctrlKey, shiftKey }: KeyboardEvent): string {
  const name = names[key] ?? key;
  if (ctrlKey) return `ctrl+${name.toLowerCase()}`;
  return shiftKey && name === 'tab' ? 'shift+tab' : name;
}

const focusOn = (selector: string): void => document.querySelector<HTMLElement>(selector)?.focus();

/** What a page does in its own way, since it has a list beside what is opened, and scrolls by itself. */
const own: { [K in ScreenCommand]?: (page: Page) => void } = {
  up: ({ cursor }) => cursor.moveBy(-1),
  down: ({ cursor }) => cursor.moveBy(1),
  'page-up': ({ cursor }) => cursor.moveBy(-cursor.pageRows),
  'page-down': ({ cursor }) => cursor.moveBy(cursor.pageRows),
  newest: toNewest,
  top: toNewest,
  oldest: ({ cursor }) => cursor.moveTo(Number.MAX_SAFE_INTEGER),
  bottom: ({ cursor }) => cursor.moveTo(Number.MAX_SAFE_INTEGER),
  newer: ({ cursor }) => cursor.moveBy(-1),
  older: ({ cursor }) => cursor.moveBy(1),
  open({ view, cursor }) {
    const seq = cursor.state()?.seq;
    if (seq != null) view.act({ type: 'open-seq', seq });
    // Drawn by then.
    requestAnimationFrame(() => focusOn('#tab-panel'));
  },
  'back-to-list'({ view }) {
    view.act({ type: 'back' });
    requestAnimationFrame(() => focusOn('#deliveries'));
  },
  filter: () => focusOn('#filter'),
  mark: markHere,
  'mark-here': markHere,
};

function toNewest({ list, cursor }: Page): void {
  list.showFresh();
  cursor.moveTo(0);
}

function markHere(page: Page): void {
  const seq = page.cursor.state()?.seq;
  if (seq == null) return;
  toggleMark(page, seq);
  page.cursor.moveBy(1);
}

/** The keys of the terminal, where nothing else has them: a field, a button, a dialog. */
export function usePageKeys(page: Page): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
      const name = nameOf(event);
      const state = page.view.state();
      if (taken(event.target, name, state)) return;
      const row = rowFor(state, name, contextsOf(event.target, state));
      if (!row || row.terminal || row.action.type === 'fold') return;
      // The browser's own, such as Ctrl-F, unless the user has given it to us.
      if (event.ctrlKey && !state.host.keys[row.command]?.includes(name)) return;
      // What has the focus scrolls by itself.
      if (row.action.type === 'move' && inDetail(event.target) && event.key in names) return;
      // Most keys are about deliveries, which are not in sight in another place.
      const elsewhere = placeOf(location.pathname) !== 'deliveries' && contextOf(state) !== 'sheet';
      if (elsewhere && row.category !== 'The tool') return;
      event.preventDefault();
      const act = own[row.command];
      if (act && contextOf(state) !== 'sheet') act(page);
      else page.view.command(row.command);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [page]);
}

/** Whether what has the focus wants the key for itself. */
function taken(target: EventTarget | null, name: string, state: ViewState): boolean {
  if (state.form !== null || document.querySelector(':popover-open')) return true;
  if (!(target instanceof HTMLElement)) return false;
  // A dialog of its own, such as the editor, whose field is in a shadow root.
  const asked = contextOf(state) === 'sheet' || contextOf(state) === 'question';
  if (!asked && target.closest('dialog')) return true;
  if (target.closest('textarea, select, [contenteditable], .cm-editor, [popover]')) return true;
  if (target.closest('input:not([type=checkbox])')) return true;
  const pressed = name === 'enter' || name === 'space';
  return pressed && target.closest('button, a, summary, input, [role=tab], [role=separator]') !== null;
}

const inDetail = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('.detail, .attempts-pane') !== null;

/** Where keys are looked for, in this order: list and detail stand side by side. */
function contextsOf(target: EventTarget | null, state: ViewState): readonly Context[] {
  const context = contextOf(state);
  if (context === 'list') return ['list'];
  if (context !== 'detail') return [context];
  const inList = target instanceof Element && target.closest('.list') !== null;
  return inList ? ['list', 'detail'] : ['detail', 'list'];
}

function rowFor(state: ViewState, name: string, contexts: readonly Context[]): KeyRow | null {
  // Out of the innermost first.
  const found = contexts.flatMap((context) => rowOfKey(state, name, context) ?? []);
  if (state.detail !== null && contexts.includes('detail')) {
    const back = found.find(({ command }) => command === 'back-to-list');
    if (back && keysFor(state, 'back-to-list').includes(name)) return back;
  }
  return found[0] ?? null;
}
