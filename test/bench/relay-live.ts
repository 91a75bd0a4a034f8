import { bareServer, type Server, underLoad } from './capture.ts';
import type { Figure } from './figure.ts';
import type { Load } from './load.ts';
import { localtunnelToApp, relayToApp } from './relay-processes.ts';
import { alternate, median } from './rounds.ts';

const common = { connections: 50, warmupMs: 1500, durationMs: 3000 };
const large = { connections: 1, warmupMs: 0, bytes: 10_000_000, count: 20 };

/** Through the relay and back, against the localtunnel client on its own server. */
export async function live(rounds: number): Promise<Figure[]> {
  const app = await bareServer();
  try {
    const measure = async (start: (app: string) => Promise<Server>, load: Omit<Load, 'url'>) =>
      underLoad(() => start(app.url), load);
    const ours: number[] = [];
    const throughput = await alternate(
      rounds,
      async () => (await measure(localtunnelToApp, common)).perSecond,
      async () => {
        const { perSecond } = await measure(relayToApp, common);
        ours.push(perSecond);
        return perSecond;
      },
    );
    const paced = { ...common, rate: median(ours) / 2 };
    const p99 = await alternate(
      rounds,
      async () => (await measure(localtunnelToApp, paced)).p99,
      async () => (await measure(relayToApp, paced)).p99,
    );
    const seconds = async (start: (app: string) => Promise<Server>): Promise<number> =>
      large.count / (await measure(start, large)).perSecond;
    const bodies = await alternate(
      rounds,
      () => seconds(localtunnelToApp),
      () => seconds(relayToApp),
    );
    const what = 'localtunnel';
    return [
      {
        what: 'Relay, live, throughput',
        unit: 'requests/s',
        baseline: { what, value: throughput.baseline },
        ours: throughput.ours,
        judged: 'ratio',
        target: { bound: 'at least', value: 1 },
      },
      {
        what: `Relay, live, p99 at ${Math.round(paced.rate)} requests/s`,
        unit: 'ms',
        baseline: { what, value: p99.baseline },
        ours: p99.ours,
        judged: 'ratio',
        target: { bound: 'at most', value: 1 },
      },
      {
        what: 'Relay, live, 20 bodies of 10 MB',
        unit: 's',
        baseline: { what, value: bodies.baseline },
        ours: bodies.ours,
        judged: 'ratio',
        target: { bound: 'at most', value: 1 },
      },
    ];
  } finally {
    await app.stop();
  }
}
