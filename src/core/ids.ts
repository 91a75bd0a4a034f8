/** Where time, randomness and ids come from; passed in, so that tests and seeds are exact. */
export interface Clock {
  /** ms since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Makes ids that sort by the time they were made: ten characters of ms since the epoch and six that start at
 * random and count up within the same millisecond (the scheme of ULID, shortened).
 */
export function createIdFactory(
  clock: Clock,
  random: () => number = Math.random,
): (prefix: string) => string {
  let last = -1;
  let counter = 0;
  return (prefix) => {
    const now = clock.now();
    if (now > last) {
      last = now;
      counter = Math.floor(random() * 2 ** 29);
    } else counter += 1;
    return `${prefix}_${base32(last, 10)}${base32(counter, 6)}`;
  };
}

function base32(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32))
    text = alphabet[rest % 32] + text;
  return text;
}
