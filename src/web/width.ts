import { useSyncExternalStore } from 'react';

const narrow = matchMedia('(max-width: 760px)');

/** Whether there is room for one pane only, right now. */
export const isNarrow = (): boolean => narrow.matches;

/** Whether there is room for one pane only. */
export const useNarrow = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener);
      return () => narrow.removeEventListener('change', listener);
    },
    () => narrow.matches,
  );
