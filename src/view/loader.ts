import type { CommandArgs } from '../runtime/commands/index.ts';
import type { Session } from '../runtime/session.ts';
import type { Action } from './actions.ts';
import { type ListQuery, nextQuery } from './list.ts';
import type { ViewState } from './state.ts';

/** Matches of a filter are counted at most this often (ms): a count may have to look at everything. */
const countInterval = 500;
/** How many times as long as a count took nothing is counted after it. */
const countPauses = 3;

/** What the loader needs of the controller. */
export interface LoaderHost {
  session: Session;
  state(): ViewState;
  dispatch(action: Action): void;
  /** Tells of a failure. */
  failed(error: unknown): void;
  /** Whether the screen keeps a list of its own. */
  ownList?: boolean;
}

/**
 * Asks the session for what the state lacks: at most one question for list, detail and count each at a time. One for
 * another filter than the one in force is given up.
 */
export function createLoader(host: LoaderHost): {
  pump(): void;
  retry(): void;
  recount(): void;
  stop(): void;
} {
  const { session, state, dispatch } = host;
  // A question that failed is not asked again until something happens.
  let paused = false;
  let listing: { epoch: number; away: AbortController } | null = null;
  let showing = false;
  let stopped = false;
  const count = createCounter(host);

  async function list(query: ListQuery): Promise<void> {
    const { epoch, filter, secrets } = state();
    const away = new AbortController();
    const asking = { epoch, away };
    listing = asking;
    dispatch({ type: 'asked', query });
    const args = listArgs(query, filter.applied, secrets);
    const answer = await session.run('list', args, { signal: away.signal }).catch((error: unknown) => {
      if (listing !== asking) return null; // it was given up
      paused = true;
      host.failed(error);
      return null;
    });
    if (listing === asking) listing = null;
    if (answer) dispatch({ type: 'listed', query, page: answer.deliveries, epoch });
  }

  async function show(seq: number): Promise<void> {
    const { epoch, secrets } = state();
    dispatch({ type: 'show-asked' });
    const data = await session.run('show', { id: String(seq), secrets });
    showing = false;
    dispatch({ type: 'shown', seq, data, epoch });
  }

  function pump(): void {
    if (stopped) return;
    if (listing && listing.epoch !== state().epoch) {
      listing.away.abort();
      listing = null;
    }
    if (paused) return;
    const query = listing || host.ownList ? null : nextQuery(state().list);
    if (query) list(query).catch(host.failed);
    const { detail } = state();
    if (detail?.stale && !showing) {
      showing = true;
      show(detail.seq).catch((error: unknown) => {
        showing = false;
        dispatch({ type: 'show-failed', seq: detail.seq });
        host.failed(error);
      });
    }
    count.pump();
  }

  return {
    pump,
    retry: () => {
      paused = false;
    },
    recount: count.recount,
    stop() {
      stopped = true;
      listing?.away.abort();
      listing = null;
      count.stop();
    },
  };
}

function listArgs(query: ListQuery, filter: string, secrets: boolean): CommandArgs<'list'> {
  const { kind, limit } = query;
  const from =
    kind === 'oldest' || kind === 'newer' || kind === 'fresh' || kind === 'floor' ? 'oldest' : 'newest';
  const args = { filter: kind === 'floor' ? '' : filter, secrets, limit, from } as const;
  const before = 'before' in query ? { before: query.before } : {};
  const after = 'after' in query && query.after !== undefined ? { after: query.after } : {};
  return { ...args, ...before, ...after };
}

/** Counts the matches of the filter in force, again after events, but not too often. */
function createCounter({ session, state, dispatch, failed }: LoaderHost) {
  let counted = '';
  let due = false;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let counting: AbortController | null = null;

  async function count(query: string): Promise<void> {
    const { epoch } = state();
    const began = performance.now();
    const away = new AbortController();
    counting = away;
    const answer = await session.run('filter', { query }, { signal: away.signal }).catch((error: unknown) => {
      if (counting === away) failed(error); // else it was given up
      return null;
    });
    if (answer) dispatch({ type: 'counted', matches: answer.matches, epoch });
    if (counting !== away) return;
    counting = null;
    const ms = performance.now() - began;
    timer = setTimeout(
      () => {
        timer = null;
        pump();
      },
      Math.max(countInterval - ms, countPauses * ms),
    );
  }

  function pump(): void {
    const { applied } = state().filter;
    if (applied !== counted) {
      stop();
      counted = applied;
      due = applied !== '';
    }
    if (!due || timer !== null || counting !== null) return;
    due = false;
    count(applied).catch(failed);
  }

  function stop(): void {
    counting?.abort();
    counting = null;
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }

  return {
    pump,
    recount: () => {
      due = counted !== '';
    },
    stop,
  };
}
