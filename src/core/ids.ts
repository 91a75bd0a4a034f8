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

/** A version 4 UUID (RFC 9562), as Reducto's job and file ids are. @param random from 0 up to 1 */
export function uuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (char) =>
    Math.floor(char === 'x' ? random() * 16 : 8 + random() * 4).toString(16),
  );
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A Svix message id: `msg_` and 27 characters. @param random from 0 up to 1 */
export const messageId = (random: () => number): string =>
  `msg_${Array.from({ length: 27 }, () => base62[Math.floor(random() * 62)]).join('')}`;

function base32(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32))
    text = alphabet[rest % 32] + text;
  return text;
}
