/** What becomes of a request while nobody listens. */
export const whenAways = ['keep', '503'] as const;
export type WhenAway = (typeof whenAways)[number];

/** So many in so many ms. */
export interface Rate {
  count: number;
  perMs: number;
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Reads `100/s`, `600/m`, `1000/h`; null for anything else. */
export function parseRate(text: string): Rate | null {
  const [, count, unit] = /^(\d{1,9})\/([smh])$/.exec(text) ?? [];
  return count === undefined || Number(count) === 0 ? null : { count: Number(count), perMs: units[unit!]! };
}

/** After so many others a bucket is forgotten, twice so many at the latest: it would be full by then, or nearly so. */
const othersRemembered = 10_000;

/** What is missing of a token for the sum of its parts alone: who waits as told is not told to wait again. */
const rounding = 1e-9;

interface Bucket {
  tokens: number;
  at: number;
}

/** Lets each of many in so often (a token bucket each, which holds what a second, or the rate's own count, brings). */
export class RateLimiter {
  // Two, one of which is let go at once: to remove the oldest of a Map one by one, V8 goes over all that were before it.
  #buckets = new Map<string, Bucket>();
  #before = new Map<string, Bucket>();

  constructor(
    private readonly rate: Rate,
    /** ms; monotonic. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes one. @returns 0 when it may pass, else ms until it might */
  take(who: string): number {
    const { count, perMs } = this.rate;
    const now = this.now();
    const { tokens, at } = this.#buckets.get(who) ?? this.#before.get(who) ?? { tokens: count, at: now };
    const filled = Math.min(count, tokens + ((now - at) * count) / perMs);
    const passes = filled >= 1 - rounding;
    this.#buckets.set(who, { tokens: passes ? filled - 1 : filled, at: now });
    if (this.#buckets.size > othersRemembered) {
      this.#before = this.#buckets;
      this.#buckets = new Map();
    }
    return passes ? 0 : Math.ceil(((1 - filled) * perMs) / count);
  }
}

/** What stands for an address: of IPv6 the network, since who has one has 2^64. */
export function addressGroup(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const [first, last] = [head.split(':').filter(Boolean), (tail ?? '').split(':').filter(Boolean)];
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return `${[...first, ...zeros, ...last].slice(0, 4).join(':')}::/64`;
}
