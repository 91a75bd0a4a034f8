// For jest: `import * as matchers from 'reducto-webhook-dev/matchers/jest'; expect.extend(matchers);`
export { type MatcherResult, toHavePassed } from './matchers.js';

interface PassMatcher<R> {
  /** The report of a check has no failures. */
  toHavePassed(): R;
}

// What `@jest/globals` gives.
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends PassMatcher<R> {}
}

// What @types/jest gives.
declare global {
  namespace jest {
    // biome-ignore lint/complexity/noBannedTypes: as it declares it
    interface Matchers<R, T = {}> extends PassMatcher<R> {}
  }
}
