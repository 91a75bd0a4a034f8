import { createContext, useContext, useSyncExternalStore } from 'react';
import type { View } from '../view/controller.ts';
import type { ViewState } from '../view/state.ts';
import type { WebSession } from './connection.ts';
import type { Cursor } from './cursor.ts';
import type { RankList } from './ranks.ts';

/** What every part of the page works with. */
export interface Page {
  session: WebSession;
  view: View;
  list: RankList;
  cursor: Cursor;
}

/** Holds the {@link Page}. */
export const PageContext = createContext<Page | null>(null);

/** The {@link Page} around a component. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error('There is no page around this.');
  return page;
}

/** The view's state, drawn anew when it has changed. */
export function useViewState(): ViewState {
  const { view } = usePage();
  return useSyncExternalStore(view.subscribe, view.state);
}
