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

/**
 * What has a process of its own: what counts what is open, or measures memory, or has modules of its own in place of
 * ours. All others share their workers' processes, and with them what is loaded: that takes half of a second for each
 * file, which is more than most of them need for their tests.
 */
const alone = [
  'test/**/leaks.test.ts',
  'test/**/growth.test.ts',
  'test/core/cost.test.ts',
  'test/relay/address.test.ts',
  'test/tui/layouts.test.ts',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const at = long.findIndex((pattern) => pattern.test(moduleId));
      if (at !== -1) return at;
      // Together, as a process is kept only for the next one.
      return long.length + Number(project.name === 'shared');
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

const each = {
  setupFiles: 'test/support/setup.ts',
  testTimeout: 90_000,
  hookTimeout: 120_000,
  retry: 0,
  // The built tool as it is, where a test runs it in its own process.
  server: { deps: { external: [/\/dist\/[^/]+\.js$/] } },
};
// Right handlers that have to pass again and again: in the longer run only.
const soak = process.env.TEST_ALL === '1' || process.env.SOAK ? [] : ['test/checks/zoo/soak.test.ts'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: 'test/support/build.ts',
    // Tests wait for other processes for much of their time, so two cores carry three workers.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: LongFirst },
    projects: [
      { test: { ...each, name: 'alone', include: alone } },
      {
        test: {
          ...each,
          name: 'shared',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...alone, ...soak],
          isolate: false,
        },
      },
    ],
  },
});
