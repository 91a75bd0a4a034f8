import { rmSync } from 'node:fs';
import { underLoad } from './capture.ts';
import type { Bench, Figure } from './figure.ts';
import { newDataDir, runProgram, startTool } from './processes.ts';
import { median, progress } from './rounds.ts';
import { timeToReady } from './startup.ts';

const sizes = [1000, 10_000, 100_000, 1_000_000];
const room = ['--keep', '5000000', '--keep-bytes', '50gb', '--no-inspector'];
const load = { connections: 50, warmupMs: 1500, durationMs: 3000 };

interface Measured {
  /** ms of the slowest of the first pages. */
  list: number;
  /** ms that it had no turn, at most, while all was looked at. */
  block: number;
  /** ms until the receiver is ready. */
  ready: number;
  /** Deliveries a second that are taken in. */
  perSecond: number;
}

/** What the length of the history costs. */
export const growth: Bench = {
  method:
    'Histories of 1,000 to 1,000,000 deliveries of 1 KB, made anew for each round: the slowest of the first pages that `list` measures, ' +
    'how long the event loop has no turn at most while these filters are listed, counted and drawn over time, the time until `listen` is ready, and the throughput of `capture`; baseline: the same with 1,000.',
  async run({ rounds }) {
    const measured = new Map<number, Measured[]>(sizes.map((size) => [size, []]));
    for (let round = 0; round < Math.min(rounds, 2); round++)
      for (const size of sizes) {
        measured.get(size)!.push(await withHistory(size));
        progress(`${size}: ${JSON.stringify(measured.get(size)!.at(-1))}`);
      }
    const of = (size: number, what: keyof Measured): number =>
      median(measured.get(size)!.map((each) => each[what]));
    const figure = (
      size: number,
      what: keyof Measured,
      about: Pick<Figure, 'what' | 'unit' | 'judged' | 'target'>,
    ): Figure => ({
      ...about,
      what: `${about.what}, ${size.toLocaleString('en')} in the history`,
      baseline: { what: 'with 1,000', value: of(sizes[0]!, what) },
      ours: of(size, what),
    });
    return sizes.slice(1).flatMap((size) => [
      figure(size, 'list', {
        ...{ what: 'Slowest first page', unit: 'ms', judged: 'itself' },
        target: { bound: 'at most', value: 50 },
      }),
      figure(size, 'block', {
        ...{ what: 'Longest block', unit: 'ms', judged: 'itself' },
        target: { bound: 'at most', value: 30 },
      }),
      figure(size, 'ready', {
        ...{ what: 'Receiver ready', unit: 'ms', judged: 'ratio' },
        target: { bound: 'at most', value: 1.5 },
      }),
      figure(size, 'perSecond', {
        ...{ what: 'Capture', unit: 'requests/s', judged: 'ratio' },
        target: { bound: 'at least', value: 0.8 },
      }),
    ]);
  },
};

async function withHistory(size: number): Promise<Measured> {
  const dataDir = newDataDir();
  try {
    await runProgram('list-store', ['seed', dataDir, String(size)]);
    const list = Math.max(...(await runProgram<number[]>('list-store', ['read', dataDir])));
    const block = await runProgram<number>('list-store', ['block', dataDir]);
    const starts = [
      await timeToReady(room, dataDir),
      await timeToReady(room, dataDir),
      await timeToReady(room, dataDir),
    ];
    const { perSecond } = await underLoad(() => startTool(room, dataDir), load);
    return { list, block, ready: median(starts), perSecond };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
