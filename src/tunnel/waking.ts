import { networkInterfaces } from 'node:os';

/** A pause longer than this, beyond the one asked for, was no busy moment, ms. */
const unnoticedMs = 3_000;

/**
 * Looks, as often as said, whether this machine was asleep (or this process stopped), its clock jumped, or its network
 * changed. Does not keep the process alive.
 * @param everyMs ms between two looks
 * @param onSign told each time, in a line for a person
 * @returns ends it
 */
export function watchForWaking(everyMs: number, onSign: (sign: string) => void): () => void {
  let before = look();
  const timer = setInterval(() => {
    const now = look();
    // A stopped process sees both clocks jump; on Linux, the monotonic one stands still while the machine sleeps.
    const away = Math.max(now.wall - before.wall, now.monotonic - before.monotonic) - everyMs;
    if (away > unnoticedMs) onSign('this machine was asleep, or its clock jumped');
    else if (now.network !== before.network) onSign('the network of this machine has changed');
    before = now;
  }, everyMs).unref();
  return () => clearInterval(timer);
}

const look = (): { wall: number; monotonic: number; network: string } => ({
  wall: Date.now(),
  monotonic: performance.now(),
  network: addresses(),
});

/** The addresses by which this machine is on a network. */
const addresses = (): string =>
  Object.values(networkInterfaces())
    .flatMap((list = []) => list.filter(({ internal }) => !internal).map(({ address }) => address))
    .sort()
    .join();
