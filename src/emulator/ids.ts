const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A version 4 UUID (RFC 9562), as Reducto's job and file ids are. @param random from 0 up to 1 */
export function uuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (char) =>
    Math.floor(char === 'x' ? random() * 16 : 8 + random() * 4).toString(16),
  );
}

/** A Svix message id: `msg_` and 27 characters. */
export const messageId = (random: () => number): string =>
  `msg_${Array.from({ length: 27 }, () => base62[Math.floor(random() * 62)]).join('')}`;

/** A whole number from `least` to `most`, both included. */
export const between = (random: () => number, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));
