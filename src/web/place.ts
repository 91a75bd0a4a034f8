import { useSyncExternalStore } from 'react';

/** The places of the page, each with an address of its own. */
export type Place = 'deliveries' | 'check' | 'emulator';

/** The place that an address belongs to. */
export const placeOf = (path: string): Place =>
  /^\/checks?(\/|$)/.test(path) ? 'check' : path === '/emulator' ? 'emulator' : 'deliveries';

/** Where the deliveries were left. */
let left = '/';

const subscribe = (listener: () => void): (() => void) => {
  addEventListener('popstate', listener);
  return () => removeEventListener('popstate', listener);
};

const address = (): string => location.pathname + location.search;

/** The address, drawn anew when it is another one. */
export const useAddress = (): string => useSyncExternalStore(subscribe, address);

/** The place that is shown. */
export const usePlace = (): Place => useSyncExternalStore(subscribe, () => placeOf(location.pathname));

/** Goes to an address of the page, as a link does. */
export function go(path: string): void {
  if (placeOf(location.pathname) === 'deliveries') left = address();
  if (path === address()) return;
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** Goes to a place; to the deliveries as they were left. */
export function goTo(place: Place): void {
  go({ deliveries: left, check: '/checks', emulator: '/emulator' }[place]);
}
