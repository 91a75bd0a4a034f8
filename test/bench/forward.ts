import { bareServer, underLoad } from './capture.ts';
import type { Bench } from './figure.ts';
import { startTool } from './processes.ts';
import { alternate } from './rounds.ts';

const oneByOne = { connections: 1, warmupMs: 1000, count: 2000 };

/** What a delivery on its way to the app takes longer than calling the app. */
export const forward: Bench = {
  method:
    'Median of 2,000 requests one after another over one connection, after 1 s of warm-up: to the app (a bare ' +
    '`node:http` server), and to `listen <app>`, whose answer is the app’s own.',
  async run({ rounds }) {
    const app = await bareServer();
    try {
      const { baseline, ours } = await alternate(
        rounds,
        async () => (await underLoad(async () => ({ ...app, stop: async () => {} }), oneByOne)).p50,
        async () => (await underLoad(() => startTool([app.url]), oneByOne)).p50,
      );
      return [
        {
          what: 'Forwarding, one after another',
          unit: 'ms',
          baseline: { what: 'the app itself', value: baseline },
          ours,
          judged: 'difference',
          target: { bound: 'at most', value: 1.5 },
        },
      ];
    } finally {
      await app.stop();
    }
  },
};
