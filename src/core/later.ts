import type { RequestListener } from 'node:http';
import { messageOf } from './errors.ts';

/**
 * A handler that is made when it is first needed: what is never asked for costs no start.
 * @param make loads and makes it, once
 * @throws what `make` throws (rejects)
 */
export function later<Args extends unknown[]>(
  make: () => Promise<(...args: Args) => unknown>,
): (...args: Args) => Promise<void> {
  let made: Promise<(...args: Args) => unknown> | null = null;
  return async (...args) => {
    made ??= make();
    (await made)(...args);
  };
}

/** The same for all requests to a server: those of a handler that can't be made are answered 500, and why. */
export function listensLater(make: () => Promise<RequestListener>): RequestListener {
  const handle = later(make);
  return (request, response) => {
    handle(request, response).catch((error) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(messageOf(error));
    });
  };
}
