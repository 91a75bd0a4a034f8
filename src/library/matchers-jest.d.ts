// For jest with @types/jest: `import * as matchers from 'reducto-webhook-dev/matchers/jest'; expect.extend(matchers);`
export { type MatcherResult, toHavePassed } from './matchers.js';

interface PassMatcher<R> {
  /** The report of a check has no failures. */
  toHavePassed(): R;
}

declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: as jest declares it
    interface Matchers<R, T = {}> extends PassMatcher<R> {}
  }
}
