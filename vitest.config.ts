import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What waits longest: begun first, so that the others are done while it waits. */
const long = [
  'checks/zoo/zoo',
  'checks/patience',
  'cli/check',
  'web/axe',
  'checks/run',
  'checks/zoo/soak',
  'tui/growth',
  'relay/nats',
].map((name) => new RegExp(`/test/${name}\\.test\\.tsx?$`));

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((pattern) => pattern.test(moduleId));
      return at === -1 ? long.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Right handlers that have to pass again and again: in the longer run only.
    exclude: process.env.TEST_ALL === '1' || process.env.SOAK ? [] : ['test/checks/zoo/soak.test.ts'],
    globalSetup: 'test/support/build.ts',
    setupFiles: 'test/support/matchers.ts',
    // Tests wait for other processes for much of their time, so two cores carry three workers.
    maxWorkers: Math.max(3, availableParallelism()),
    testTimeout: 90_000,
    hookTimeout: 120_000,
    retry: 0,
    // The built tool as it is, where a test runs it in its own process.
    server: { deps: { external: [/\/dist\/[^/]+\.js$/] } },
    sequence: { sequencer: LongFirst },
  },
});
