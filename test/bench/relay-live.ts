import { bareServer, type Server, underLoad } from './capture.ts';
import { compared, type Figure } from './figure.ts';
import type { Load } from './load.ts';
import { localtunnelToApp, relayToApp } from './relay-processes.ts';

const common = { connections: 50, warmupMs: 1500, durationMs: 3000 };
const large = { connections: 1, warmupMs: 0, bytes: 10_000_000, count: 20 };

/** Through the relay and back, against the localtunnel client on its own server. */
export async function live(rounds: number): Promise<Figure[]> {
  const app = await bareServer();
  try {
    const measure = async (start: (app: string) => Promise<Server>, load: Omit<Load, 'url'>) =>
      underLoad(() => start(app.url), load);
    const what = 'localtunnel';
    const throughput = await compared(rounds, {
      ...{ what: 'Relay, live, throughput', unit: 'requests/s', judged: 'ratio' },
      baseline: { what, measure: async () => (await measure(localtunnelToApp, common)).perSecond },
      ours: async () => (await measure(relayToApp, common)).perSecond,
      target: { bound: 'at least', value: 1 },
    });
    const paced = { ...common, rate: throughput.ours / 2 };
    const p99 = await compared(rounds, {
      ...{ what: `Relay, live, p99 at ${Math.round(paced.rate)} requests/s`, unit: 'ms', judged: 'ratio' },
      baseline: { what, measure: async () => (await measure(localtunnelToApp, paced)).p99 },
      ours: async () => (await measure(relayToApp, paced)).p99,
      target: { bound: 'at most', value: 1 },
    });
    const seconds = async (start: (app: string) => Promise<Server>): Promise<number> =>
      large.count / (await measure(start, large)).perSecond;
    const bodies = await compared(rounds, {
      ...{ what: 'Relay, live, 20 bodies of 10 MB', unit: 's', judged: 'ratio' },
      baseline: { what, measure: () => seconds(localtunnelToApp) },
      ours: () => seconds(relayToApp),
      target: { bound: 'at most', value: 1 },
    });
    return [throughput, p99, bodies];
  } finally {
    await app.stop();
  }
}
