import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bareServer, type Server, underLoad } from './capture.ts';
import { type Bench, compared } from './figure.ts';
import { httpProxy, mitmdump } from './peers.ts';
import { newDataDir, startTool } from './processes.ts';
import { median } from './rounds.ts';

const oneByOne = { connections: 1, warmupMs: 1000, count: 2000 };
const common = { connections: 50, warmupMs: 2000, durationMs: 4000 };

/** What a delivery on its way to the app takes, beside others that pass requests on. */
export const forward: Bench = {
  method:
    'To a bare `node:http` server as the app. One after another: the median of 2,000 requests over one connection, less that ' +
    'of the app itself; baseline: the same of `http-proxy` (which keeps connections and stores nothing) and the median of 200 ' +
    'syncs of 4 KB on the same disk. Throughput: 1 KB over 50 connections, 2 s of warm-up, 4 s measured; `mitmdump` with ' +
    '`--mode reverse -w`. p99: evenly paced at half of the throughput; baseline: its own median.',
  async run({ rounds }) {
    const app = await bareServer();
    try {
      const alone = (): Promise<Server> => Promise.resolve({ ...app, stop: async () => {} });
      const tool = (): Promise<Server> => startTool([app.url]);
      const oneAfterAnother = async (start: () => Promise<Server>): Promise<number> =>
        (await underLoad(start, oneByOne)).p50;
      const perSecond = async (start: () => Promise<Server>): Promise<number> =>
        (await underLoad(start, common)).perSecond;
      const added = await compared(rounds, {
        ...{ what: 'Forwarding, one after another, beside the app', unit: 'ms', judged: 'ratio' },
        baseline: {
          what: '`http-proxy` and a sync',
          measure: async () =>
            (await oneAfterAnother(() => httpProxy(app.url))) - (await oneAfterAnother(alone)) + syncMs(),
        },
        ours: async () => (await oneAfterAnother(tool)) - (await oneAfterAnother(alone)),
        target: { bound: 'at most', value: 1.5 },
      });
      const proxied = await compared(rounds, {
        ...{ what: 'Forwarding, throughput', unit: 'requests/s', judged: 'ratio' },
        baseline: { what: '`http-proxy`', measure: () => perSecond(() => httpProxy(app.url)) },
        ours: () => perSecond(tool),
        target: { bound: 'at least', value: 1 },
      });
      const dumped = await compared(rounds, {
        ...{ what: 'Forwarding, throughput', unit: 'requests/s', judged: 'ratio' },
        baseline: { what: '`mitmdump -w`', measure: () => perSecond(() => mitmdump(app.url)) },
        ours: () => perSecond(tool),
        target: { bound: 'at least', value: 8 },
      });
      const rate = proxied.ours / 2;
      const tails: number[] = [];
      const paced = await compared(rounds, {
        ...{ what: `Forwarding, p99 at ${Math.round(rate)} requests/s`, unit: 'ms', judged: 'ratio' },
        baseline: {
          what: 'its median',
          measure: async () => {
            const { p50, p99 } = await underLoad(tool, { ...common, rate });
            tails.push(p99);
            return p50;
          },
        },
        ours: async () => tails.at(-1)!,
        target: { bound: 'at most', value: 5 },
      });
      return [added, proxied, dumped, paced];
    } finally {
      await app.stop();
    }
  },
};

/** The median of bringing 4 KB to the disk, ms. */
function syncMs(): number {
  const dir = newDataDir();
  const fd = openSync(join(dir, 'file'), 'w');
  const bytes = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 200 }, (_, i) => {
    const began = performance.now();
    writeSync(fd, bytes, 0, bytes.length, i * bytes.length);
    fdatasyncSync(fd);
    return performance.now() - began;
  });
  closeSync(fd);
  rmSync(dir, { recursive: true });
  return median(times);
}
