import { useEffect } from 'react';
import type { View } from '../view/controller.ts';
import { type Tab, tabs } from '../view/detail.ts';
import { filterError } from '../view/filter-error.ts';
import { placeOf } from './place.ts';

/** Where the page is: which delivery is open, in which tab, and the filter. */
interface Route {
  seq: number | null;
  tab: Tab | null;
  /** The number of the attempt that is looked at. */
  attempt: string | null;
  filter: string;
}

/** `/d/12`, `/d/12/attempts/2`, `?filter=…`. */
function readRoute({ pathname, search }: Location): Route {
  const [, seq, tab, attempt] = /^\/d\/(\d+)(?:\/(\w+)(?:\/(\d+))?)?/.exec(pathname) ?? [];
  return {
    seq: seq === undefined ? null : Number(seq),
    tab: tabs.find((each) => each === tab) ?? null,
    attempt: attempt ?? null,
    filter: new URLSearchParams(search).get('filter') ?? '',
  };
}

function writeRoute({ seq, tab, attempt, filter }: Route): string {
  const part = tab === null || tab === 'payload' ? '' : `/${tab}`;
  const path = seq === null ? '/' : `/d/${seq}${part}${part && attempt ? `/${attempt}` : ''}`;
  return filter === '' ? path : `${path}?${new URLSearchParams({ filter })}`;
}

/** Keeps the address and the state together: back and forward work, and every address can be opened. */
export function useRoute(view: View): void {
  useEffect(() => {
    const enter = (): void => {
      if (placeOf(location.pathname) !== 'deliveries') return;
      const { seq, tab, filter } = readRoute(location);
      const wrong = filterError(filter);
      if (wrong === null) view.dispatch({ type: 'filter', query: filter });
      else view.notify(wrong.message, 'bad');
      if (seq === null) {
        if (view.state().detail) view.dispatch({ type: 'back' });
      } else view.dispatch({ type: 'open-seq', seq, ...(tab ? { tab } : {}) });
    };
    enter();
    let last = location.pathname + location.search;
    const follow = view.subscribe(() => {
      if (placeOf(location.pathname) !== 'deliveries') return;
      const { detail, filter } = view.state();
      const [seq, tab] = [detail?.seq ?? null, detail?.tab ?? null];
      const there = readRoute(location);
      const attempt = there.seq === seq && there.tab === tab ? there.attempt : null;
      const now = writeRoute({ seq, tab, attempt, filter: filter.applied });
      if (now === last) return;
      // Another tab of the same delivery is no step back.
      const replaced = there.seq === seq && there.filter === filter.applied;
      history[replaced ? 'replaceState' : 'pushState'](null, '', now);
      last = now;
    });
    const moved = (): void => {
      last = location.pathname + location.search;
      enter();
    };
    addEventListener('popstate', moved);
    return () => {
      follow();
      removeEventListener('popstate', moved);
    };
  }, [view]);
}
