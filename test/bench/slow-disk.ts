import { readFileSync, rmSync } from 'node:fs';
import { startBrowser, withPage, withTool } from './browser.ts';
import { type Bench, compared } from './figure.ts';
import { generateLoad } from './load.ts';
import { bin, freePort, listenArgs, newDataDir, pause, program, startBin } from './processes.ts';
import { onTerminal } from './terminal.ts';

const load = { connections: 50, rate: 500, warmupMs: 1000, durationMs: 20_000 };
/** Keys and clicks, so many ms apart. */
const [times, apartMs] = [60, 150];

/** What a slow disk holds up: the event loop of the tool, the keys and the clicks of its user. */
export const slowDisk: Bench = {
  method:
    'The longest time that the event loop of `listen` is not served during 500 deliveries of 1 KB a second for 20 s, while ' +
    'every wait for the disk is made 20 ms longer by a preloaded module (injected); baseline: the disk as it is. Meanwhile, on a ' +
    'terminal of 120×40, from the key until the help is drawn, and in headless Chromium from the click on a row until its delivery is: ' +
    `the 95th percentile of ${times}.`,
  async run({ rounds }) {
    const figure = (what: string, most: number, measure: (slowMs: number) => Promise<number>) =>
      compared(Math.min(rounds, 3), {
        ...{ what: `${what}, each sync 20 ms slower`, unit: 'ms', judged: 'itself' },
        baseline: { what: 'the disk as it is', measure: () => measure(0) },
        ours: () => measure(20),
        target: { bound: 'at most', value: most },
      });
    return [
      await figure('Longest block', 30, longestBlock),
      await figure('Key to screen', 100, keyToScreen),
      await figure('Click to page', 100, clickToPage),
    ];
  },
};

/** Has the tool started with it wait for the disk so much longer. */
const slowed = (slowMs: number, loopFile = '/dev/null'): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--import=${program('slow-disk')}`,
  SLOW_DISK_MS: String(slowMs),
  LOOP_FILE: loopFile,
});

/** Measures again and again while deliveries come in. @returns the 95th percentile, ms */
async function underLoad(url: string, measure: () => Promise<number>): Promise<number> {
  const loaded = generateLoad({ ...load, url });
  await pause(load.warmupMs);
  const taken: number[] = [];
  while (taken.length < times) {
    taken.push(await measure());
    await pause(apartMs);
  }
  await loaded;
  return taken.sort((a, b) => a - b)[Math.floor(times * 0.95)]!;
}

async function keyToScreen(slowMs: number): Promise<number> {
  const [dataDir, port] = [newDataDir(), await freePort()];
  const args = [bin, ...listenArgs(dataDir, port), '--no-inspector'];
  const terminal = await onTerminal(args, `127.0.0.1:${port}`, dataDir, slowed(slowMs));
  const taken = await underLoad(`http://127.0.0.1:${port}/webhook`, async () => {
    const ms = await terminal.press('?', 'Help');
    await terminal.press('q', 'TIME');
    return ms;
  });
  await terminal.stop();
  rmSync(dataDir, { recursive: true });
  return taken;
}

/** Clicks the fifth row. @returns ms until the frame in which its delivery is drawn */
const click = `new Promise((resolve) => {
  const row = document.querySelectorAll('[id^="row-"]')[4];
  const seq = row.id.slice(4);
  const began = performance.now();
  row.click();
  const look = () => {
    const head = document.querySelector('section[aria-label="Delivery #' + seq + '"] h2');
    if (head?.textContent.startsWith('#' + seq)) resolve(performance.now() - began);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})`;

async function clickToPage(slowMs: number): Promise<number> {
  const browser = await startBrowser();
  try {
    return await withTool(
      100,
      (tool) => withPage(browser, tool, (page) => underLoad(tool.url, () => page.evaluate<number>(click))),
      slowed(slowMs),
    );
  } finally {
    await browser.close();
  }
}

async function longestBlock(slowMs: number): Promise<number> {
  const dataDir = newDataDir();
  const port = await freePort();
  const told = `${dataDir}.loop`;
  const args = [...listenArgs(dataDir, port), '--output', 'plain', '--no-inspector'];
  const tool = await startBin(args, port, dataDir, slowed(slowMs, told));
  const url = `http://127.0.0.1:${port}/webhook`;
  await generateLoad({ ...load, url, durationMs: 2000 });
  tool.child.kill('SIGUSR2');
  await generateLoad({ ...load, url });
  await tool.stop();
  const longest = Number(readFileSync(told, 'utf8'));
  rmSync(told);
  return longest;
}
