import { UserError } from '../core/errors.ts';

// How far above a default port a free one is looked for.
const range = 100;

/**
 * Opens a default port, or the next free one above it.
 * @param listen opens a port; throws a UserError `port-in-use` when it is taken
 * @returns what `listen` gave for the port that could be had
 */
export async function listenNear<T>(wanted: number, listen: (port: number) => Promise<T>): Promise<T> {
  for (let port = wanted; ; port++) {
    try {
      return await listen(port);
    } catch (error) {
      const taken = error instanceof UserError && error.code === 'port-in-use';
      if (!taken || port === wanted + range) throw error;
    }
  }
}
