import type { SessionEvent } from '../core/session.ts';
import type { Happened } from './list.ts';

/** Between two refreshes of the screen, at least this many ms: 500 deliveries a second are 20 refreshes. */
const refreshInterval = 50;

/** Gathers events: those that come at once are passed on at once, those of the next {@link refreshInterval} together. */
export function createGatherer(flush: (events: Happened) => void): {
  add(event: SessionEvent): void;
  stop(): void;
} {
  let arrived: number[] = [];
  let changed = new Set<number>();
  let removed = false;
  let waiting: ReturnType<typeof setTimeout> | null = null;
  let due = false;

  const pass = (): void => {
    due = false;
    const events = { arrived, changed, removed };
    arrived = [];
    changed = new Set();
    removed = false;
    waiting = setTimeout(() => {
      waiting = null;
      if (due) pass();
    }, refreshInterval);
    flush(events);
  };

  return {
    add(event) {
      if (event.type === 'delivery') arrived.push(event.seq);
      if (event.type === 'attempt' || event.type === 'acknowledgement') changed.add(event.seq);
      if (event.type === 'removed') removed = true;
      due = true;
      waiting ??= setTimeout(pass, 0);
    },
    stop() {
      if (waiting !== null) clearTimeout(waiting);
      due = false;
    },
  };
}
