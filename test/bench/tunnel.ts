import { bareServer, underLoad } from './capture.ts';
import { type Bench, compared } from './figure.ts';
import { listenBehindLocaltunnel, localtunnelToApp } from './relay-processes.ts';

const common = { connections: 50, warmupMs: 1500, durationMs: 4000 };

/** What comes by the public tunnel. */
export const tunnel: Bench = {
  method:
    '1 KB over 50 connections through a localtunnel server on this machine, to an app that is a bare `node:http` server: by the ' +
    'plain localtunnel client, and by `listen`, which stores each; 1.5 s of warm-up, 4 s measured.',
  async run({ rounds }) {
    const app = await bareServer();
    const perSecond = async (start: typeof localtunnelToApp): Promise<number> =>
      (await underLoad(() => start(app.url), common)).perSecond;
    try {
      return [
        await compared(rounds, {
          ...{ what: 'Tunnel, throughput', unit: 'requests/s', judged: 'ratio' },
          baseline: { what: 'the localtunnel client', measure: () => perSecond(localtunnelToApp) },
          ours: () => perSecond(listenBehindLocaltunnel),
          target: { bound: 'at least', value: 0.9 },
        }),
      ];
    } finally {
      await app.stop();
    }
  },
};
