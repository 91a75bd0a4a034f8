/** Tells one thing that happened: no bodies, no keys. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** A log of one line of JSON each. @param write takes a line with its line break */
export const jsonLog =
  (write: (line: string) => void, now: () => number): Log =>
  (level, message, fields = {}) =>
    write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields })}\n`);
