// For vitest: `import * as matchers from 'reducto-webhook-dev/matchers/vitest'; expect.extend(matchers);`
import 'vitest';

export { type MatcherResult, toHavePassed } from './matchers.js';

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: as vitest declares it
  interface Matchers<T = any> {
    /** The report of a check has no failures. */
    toHavePassed(): T extends unknown ? void : never;
  }
}
