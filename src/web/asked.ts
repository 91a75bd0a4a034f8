import { useCallback, useEffect, useRef, useState } from 'react';
import { UserError } from '../core/errors.ts';
import type { SessionEvent } from '../core/session.ts';
import { usePage } from './page.ts';

/** ms that changes are gathered before it is asked anew. */
const gatherMs = 150;

/** What was asked for, why it could not be had, and a way to ask anew. */
export interface Asked<T> {
  value: T | null;
  problem: string | null;
  again(): void;
}

/**
 * Asks the tool for something, and anew when one of these events tells that it may have changed.
 * @param key another one asks for something else
 */
export function useAsked<T>(
  ask: () => Promise<T>,
  key: string,
  events: readonly SessionEvent['type'][],
): Asked<T> {
  const { session, view } = usePage();
  const [state, setState] = useState<{ key: string; value: T | null; problem: string | null }>({
    ...{ key, value: null, problem: null },
  });
  const asking = useRef(ask);
  asking.current = ask;
  const round = useRef(0);
  const again = useCallback(() => {
    const mine = ++round.current;
    asking.current().then(
      (value) => mine === round.current && setState({ key, value, problem: null }),
      (error: unknown) => {
        if (!(error instanceof UserError)) return view.failed(error);
        if (mine === round.current) setState((was) => ({ ...was, key, problem: error.message }));
      },
    );
  }, [key, view]);
  const wanted = events.join();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = null;
        again();
      }, gatherMs);
    };
    again();
    const end = session.subscribe(({ type }) => wanted.split(',').includes(type) && soon());
    const endReset = session.onReset(soon);
    return () => {
      end();
      endReset();
      if (timer !== null) clearTimeout(timer);
    };
  }, [session, again, wanted]);
  // What belongs to another key is not shown under this one.
  return state.key === key ? { ...state, again } : { value: null, problem: null, again };
}
