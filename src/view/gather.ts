import type { SessionEvent } from '../core/session.ts';
import type { Happened } from './list.ts';

/** Between two refreshes of the screen, at least this many ms: 500 deliveries a second are 20 refreshes. */
const refreshInterval = 50;
/** The same where deliveries were only removed: retention does so 40 times a second after a burst, out of sight. */
const removedInterval = 500;

/** Gathers events: those that come at once are passed on at once, those of the next {@link refreshInterval} together. */
export function createGatherer(flush: (events: Happened) => void): {
  add(event: SessionEvent): void;
  stop(): void;
} {
  let arrived: number[] = [];
  let changed = new Set<number>();
  let removed = false;
  let waiting: ReturnType<typeof setTimeout> | null = null;
  /** Runs after a removal that was passed on: others by themselves are no reason to pass on anything until its end. */
  let resting: ReturnType<typeof setTimeout> | null = null;
  let due = false;

  const pass = (): void => {
    due = false;
    const events = { arrived, changed, removed };
    arrived = [];
    changed = new Set();
    removed = false;
    if (events.removed)
      resting ??= setTimeout(() => {
        resting = null;
        if (removed) want();
      }, removedInterval);
    waiting = setTimeout(() => {
      waiting = null;
      if (due) pass();
    }, refreshInterval);
    flush(events);
  };

  const want = (): void => {
    due = true;
    waiting ??= setTimeout(pass, 0);
  };

  return {
    add(event) {
      if (event.type === 'delivery') arrived.push(event.seq);
      if (event.type === 'attempt' || event.type === 'acknowledgement') changed.add(event.seq);
      if (event.type === 'removed') removed = true;
      if (event.type !== 'removed' || resting === null) want();
    },
    stop() {
      for (const timer of [waiting, resting]) if (timer !== null) clearTimeout(timer);
      due = false;
      removed = false;
    },
  };
}
