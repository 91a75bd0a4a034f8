import type { Browser, Page } from 'playwright-core';
import { RemoteSession } from '../../src/inspector/client.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { longestTask, type ServedPage, startBrowser, usedHeap, withPage, withTool } from './browser.ts';
import { type Bench, compared, type Figure } from './figure.ts';
import { generateLoad } from './load.ts';
import { pause } from './processes.ts';
import { median, progress } from './rounds.ts';

const megabyte = 1024 * 1024;
const burst = { connections: 50, rate: 500, warmupMs: 0, durationMs: 20_000 };
const flood = { connections: 50, warmupMs: 2000, durationMs: 5000 };
/** ms after a burst until the page has settled. */
const settleMs = 2000;

/** How the page does while much arrives, and what it costs the tool. */
export const pageLive: Bench = {
  method:
    'An open page in headless Chromium on the same machine, without an app. Burst: 500 deliveries of 1 KB a second for 20 s; ' +
    'the longest task (only those from 50 ms up are told), and the 99th percentile of the time from receipt to the frame in ' +
    'which the row, or a newer one, is drawn; baseline: 20 a second. Heap: after a collection, 20 s of burst later than the ' +
    'baseline, which stood after a first burst. Throughput: as in capture; baseline: no page.',
  async run({ rounds }) {
    const browser = await startBrowser();
    try {
      return [...(await duringBurst(browser, rounds)), await throughput(browser, rounds)];
    } finally {
      await browser.close();
    }
  },
};

/** Notes in the page when each newest row was drawn, as [seq, ms since the epoch]. */
const noteRows = `
  globalThis.drawn = [];
  const note = (time) => {
    const seqs = [...document.querySelectorAll('[id^="row-"]')].map(({ id }) => Number(id.slice(4)));
    const newest = Math.max(0, ...seqs);
    if (newest > (drawn.at(-1)?.[0] ?? 0)) drawn.push([newest, performance.timeOrigin + time]);
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
`;

interface Burst {
  longest: number;
  /** 99th percentile of the time from receipt to the row. */
  shown: number;
  heap: number;
}

async function burstAt(page: Page, tool: ServedPage, rate: number): Promise<Burst> {
  await longestTask(page);
  await page.evaluate('drawn.splice(0, drawn.length - 1)');
  await generateLoad({ ...burst, url: tool.url, rate });
  await pause(settleMs);
  const drawn = (await page.evaluate('drawn')) as [seq: number, at: number][];
  return { longest: await longestTask(page), shown: await delayOf(drawn, tool), heap: await usedHeap(page) };
}

async function delayOf(drawn: readonly [number, number][], { dataDir }: ServedPage): Promise<number> {
  const [first, last] = [drawn[0]![0], drawn.at(-1)![0]];
  const session = new RemoteSession(readLock(dataDir)!);
  const delays: number[] = [];
  let at = 1;
  for (let after = first; after < last; after += 1000) {
    const { deliveries } = await session.run('list', { from: 'oldest', after, limit: 1000 });
    for (const { seq, receivedAt } of deliveries.toReversed()) {
      while (at < drawn.length && drawn[at]![0] < seq) at += 1;
      if (at < drawn.length) delays.push(drawn[at]![1] - receivedAt);
    }
  }
  return delays.sort((a, b) => a - b)[Math.floor(delays.length * 0.99)]!;
}

async function duringBurst(browser: Browser, rounds: number): Promise<Figure[]> {
  const calm: Burst[] = [];
  const busy: Burst[] = [];
  for (let round = 0; round < Math.min(rounds, 3); round++)
    await withTool(1000, (tool) =>
      withPage(browser, tool, async (page) => {
        await page.evaluate(noteRows);
        await burstAt(page, tool, burst.rate / 4);
        calm.push(await burstAt(page, tool, 20));
        busy.push(await burstAt(page, tool, burst.rate));
        const { longest, shown, heap } = busy.at(-1)!;
        progress(
          `${longest} ms longest task, ${shown.toFixed(0)} ms until shown, ${(heap / megabyte).toFixed(1)} MB`,
        );
      }),
    );
  const of = (bursts: Burst[], key: keyof Burst): number => median(bursts.map((each) => each[key]));
  const figure = (what: string, key: keyof Burst, limit: number): Figure => ({
    what,
    unit: 'ms',
    baseline: { what: '20 a second', value: of(calm, key) },
    ours: of(busy, key),
    judged: 'itself',
    target: { bound: 'at most', value: limit },
  });
  return [
    figure('Burst of 500 a second, longest task of the page', 'longest', 100),
    figure('Burst of 500 a second, receipt until shown (p99)', 'shown', 300),
    {
      what: 'Heap of the page after the burst',
      unit: 'MB',
      baseline: { what: 'before it', value: of(calm, 'heap') / megabyte },
      ours: of(busy, 'heap') / megabyte,
      judged: 'difference',
      target: { bound: 'at most', value: 5 },
    },
  ];
}

async function throughput(browser: Browser, rounds: number): Promise<Figure> {
  const load = (tool: ServedPage): Promise<{ perSecond: number }> =>
    generateLoad({ ...flood, url: tool.url });
  return compared(rounds, {
    ...{ what: 'Throughput of `listen` with an open page', unit: 'requests/s', judged: 'ratio' },
    baseline: {
      what: 'without',
      measure: () => withTool(0, async (tool) => (await load(tool)).perSecond),
    },
    ours: () => withTool(0, (tool) => withPage(browser, tool, async () => (await load(tool)).perSecond)),
    target: { bound: 'at least', value: 0.8 },
  });
}
