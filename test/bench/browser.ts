import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { RemoteSession } from '../../src/inspector/client.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { newDataDir, pause, type Running, runProgram, startTool } from './processes.ts';

/** A running tool with a history, and how its page is reached. */
export interface ServedPage extends Running {
  /** Of the receiver. */
  url: string;
  dataDir: string;
  /** A link that lets one browser in. */
  link(): Promise<string>;
}

/** Starts `listen` with a history of `count` deliveries. */
async function servePage(count: number, env: NodeJS.ProcessEnv = {}): Promise<ServedPage> {
  const dataDir = newDataDir();
  if (count > 0) await runProgram('list-store', ['seed', dataDir, String(count)]);
  const tool = await startTool(['--inspector-port', '0', '--keep', '1000000'], dataDir, env);
  while (readLock(dataDir) === null || !(await new RemoteSession(readLock(dataDir)!).isReady()))
    await pause(20);
  const session = new RemoteSession(readLock(dataDir)!);
  return { ...tool, dataDir, link: async () => (await session.run('inspector', { print: true })).url };
}

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

/** A page in a profile of its own, whose long tasks are noted from its beginning. */
export async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 860 } });
  const page = await context.newPage();
  await page.addInitScript(`
    globalThis.longTasks = [];
    new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: 'longtask', buffered: true });
  `);
  return page;
}

/** Opens the page by its link, and waits until its newest row can be used. @returns how long that took, ms */
export async function openPage(page: Page, link: string): Promise<number> {
  const began = performance.now();
  await page.goto(link, { waitUntil: 'commit' });
  await page
    .getByRole('row', { name: /#\d/ })
    .or(page.getByRole('heading', { name: /^Waiting/ }))
    .first()
    .waitFor();
  return performance.now() - began;
}

/** The longest task since the last call (ms); 0 when none took 50. */
export const longestTask = (page: Page): Promise<number> =>
  page.evaluate('Math.max(0, ...longTasks.splice(0))');

/** Bytes of JavaScript objects that are in use. */
export async function usedHeap(page: Page): Promise<number> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

/** Serves a history to `use`, and stops whatever comes. */
export async function withTool<T>(
  count: number,
  use: (tool: ServedPage) => Promise<T>,
  env: NodeJS.ProcessEnv = {},
): Promise<T> {
  const tool = await servePage(count, env);
  try {
    return await use(tool);
  } finally {
    await tool.stop();
  }
}

/** Opens the page of a tool for `use`. */
export async function withPage<T>(
  browser: Browser,
  tool: ServedPage,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const page = await newPage(browser);
  try {
    await openPage(page, await tool.link());
    return await use(page);
  } finally {
    await page.context().close();
  }
}
