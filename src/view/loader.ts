import type { CommandArgs } from '../runtime/commands/index.ts';
import type { Session } from '../runtime/session.ts';
import type { Action } from './actions.ts';
import { type ListQuery, nextQuery } from './list.ts';
import type { ViewState } from './state.ts';

/** Matches of a filter are counted at most this often (ms): a count may have to look at everything. */
const countInterval = 500;

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

/** Asks the session for what the state lacks: at most one question for list, detail and count each at a time. */
export function createLoader(host: LoaderHost): {
  pump(): void;
  retry(): void;
  recount(): void;
  stop(): void;
} {
  const { session, state, dispatch } = host;
  // A question that failed is not asked again until something happens.
  let paused = false;
  let listing = false;
  let showing = false;
  let stopped = false;
  const count = createCounter(host);

  async function list(query: ListQuery): Promise<void> {
    const { epoch, filter, secrets } = state();
    dispatch({ type: 'asked', query });
    const { deliveries } = await session.run('list', listArgs(query, filter.applied, secrets));
    listing = false;
    dispatch({ type: 'listed', query, page: deliveries, epoch });
  }

  async function show(seq: number): Promise<void> {
    const { epoch, secrets } = state();
    dispatch({ type: 'show-asked' });
    const data = await session.run('show', { id: String(seq), secrets });
    showing = false;
    dispatch({ type: 'shown', seq, data, epoch });
  }

  function pump(): void {
    if (stopped || paused) return;
    const query = listing || host.ownList ? null : nextQuery(state().list);
    if (query) {
      listing = true;
      list(query).catch((error: unknown) => {
        listing = false;
        paused = true;
        host.failed(error);
      });
    }
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

  async function count(query: string): Promise<void> {
    const { epoch } = state();
    const { matches } = await session.run('filter', { query });
    dispatch({ type: 'counted', matches, epoch });
  }

  function pump(): void {
    const { applied } = state().filter;
    if (applied !== counted) {
      counted = applied;
      due = applied !== '';
      if (timer !== null) clearTimeout(timer);
      timer = null;
    }
    if (!due || timer !== null) return;
    due = false;
    timer = setTimeout(() => {
      timer = null;
      pump();
    }, countInterval);
    count(applied).catch(failed);
  }

  return {
    pump,
    recount: () => {
      due = counted !== '';
    },
    stop: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
