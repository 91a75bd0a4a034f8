import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, type Response } from 'express';

/** The built page, next to the bundle. */
const pageDir = fileURLToPath(new URL('./web/', import.meta.url));

/**
 * Serves the page: its files, and the page itself for every other path that a browser visits.
 * @param dir where it was built to
 */
export function pageFiles(dir = pageDir): RequestHandler {
  const files = express.static(dir, { index: false, redirect: false, setHeaders: forever });
  return (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    files(request, response, (error?: unknown) => {
      // What has a file's name is one that is not there.
      if (error || /^\/assets(\/|$)|\.\w+$/.test(request.path)) return next(error);
      response.set('cache-control', 'no-cache').sendFile('index.html', { root: dir }, (problem) => {
        if (problem && !response.headersSent) next(isMissing(problem) ? undefined : problem);
      });
    });
  };
}

const isMissing = (problem: Error): boolean => (problem as { status?: unknown }).status === 404;

/** Names of files change with their content. */
function forever(response: Response, path: string): void {
  response.set(
    'cache-control',
    /[\\/]assets[\\/]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
  );
}
