import { type Bench, compared } from './figure.ts';
import { generateLoad, type Load, type LoadResult } from './load.ts';
import { startProgram, startTool } from './processes.ts';

const common = { connections: 50, warmupMs: 2000, durationMs: 5000 };

/** How fast deliveries are taken in, each on disk before its 2xx. */
export const capture: Bench = {
  method:
    '1 KB JSON over 50 keep-alive connections from a process of its own; a fresh server process and data directory ' +
    'each time, 2 s of warm-up, 5 s measured; `listen --tunnel none --output plain` to /dev/null. Throughput: every ' +
    "connection sends its next request when it has its answer. p99: evenly paced at half of the tool's median " +
    'throughput, the same rate for both; waiting for a free connection counts.',
  async run({ rounds }) {
    const what = 'bare node:http';
    const throughput = await compared(rounds, {
      ...{ what: 'Capture, throughput', unit: 'requests/s', judged: 'ratio' },
      baseline: { what, measure: async () => (await underLoad(bareServer, common)).perSecond },
      ours: async () => (await underLoad(startTool, common)).perSecond,
      target: { bound: 'at least', value: 0.5 },
    });
    const paced = { ...common, rate: throughput.ours / 2 };
    const p99 = await compared(rounds, {
      ...{ what: `Capture, p99 at ${Math.round(paced.rate)} requests/s`, unit: 'ms', judged: 'ratio' },
      baseline: { what, measure: async () => (await underLoad(bareServer, paced)).p99 },
      ours: async () => (await underLoad(startTool, paced)).p99,
      target: { bound: 'at most', value: 3 },
    });
    return [throughput, p99];
  },
};

/** What load is put on. */
export interface Server {
  url: string;
  /** The Host header, where it is not the URL's host. */
  host?: string;
  stop(): Promise<void>;
}

/** The server that everything is compared with. */
export async function bareServer(): Promise<Server> {
  const { line, stop } = await startProgram('bare-server');
  return { url: line, stop };
}

/** Starts a server, has the load generator at it, and stops it whatever comes. */
export async function underLoad(start: () => Promise<Server>, load: Omit<Load, 'url'>): Promise<LoadResult> {
  const server = await start();
  try {
    const { url, host } = server;
    return await generateLoad({ ...load, url, ...(host !== undefined && { host }) });
  } finally {
    await server.stop();
  }
}
