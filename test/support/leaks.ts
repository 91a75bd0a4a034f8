import { getActiveResourcesInfo } from 'node:process';
import { expect } from 'vitest';
import { waitFor } from './wait.ts';

/** Sockets, timers and requests that keep this process busy, by kind. */
export const busyWith = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const kind of getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

/** Waits until nothing more is open than there was: sockets close a little later than they are told to. */
export const backTo = (before: Record<string, number>) =>
  waitFor(() => {
    const now = busyWith();
    for (const kind of [
      'TCPSocketWrap',
      'TLSWrap',
      'TCPConnectWrap',
      'Timeout',
      'GetAddrInfoReqWrap',
      'TCPServerWrap',
      'Immediate',
    ])
      expect([kind, (now[kind] ?? 0) <= (before[kind] ?? 0)]).toEqual([kind, true]);
    return true;
  });

/** A signal that counts who listens to it. */
export function countingSignal(): { signal: AbortSignal; listeners(): number; abort(): void } {
  const controller = new AbortController();
  const { signal } = controller;
  const all = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: never, options: { signal?: AbortSignal } = {}) => {
    all.add(listener);
    options.signal?.addEventListener('abort', () => all.delete(listener), { once: true });
    add(type, listener, options);
  };
  signal.removeEventListener = (type: string, listener: never) => {
    all.delete(listener);
    remove(type, listener);
  };
  return { signal, listeners: () => all.size, abort: () => controller.abort() };
}
