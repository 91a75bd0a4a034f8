import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import {
  longestTask,
  newPage,
  openPage,
  type ServedPage,
  startBrowser,
  withPage,
  withTool,
} from './browser.ts';
import { type Bench, compared, type Figure } from './figure.ts';
import { median } from './rounds.ts';

/** How the page does with a long history. */
export const page: Bench = {
  method:
    'The built page in headless Chromium on the same machine, a new profile each time. Usable: from the request of the link ' +
    'until the newest row is drawn; baseline: with an empty history. Script: what the first view loads, gzipped; baseline: ' +
    'with the editor. Scrolling: 40 jumps through the list, the median time until the rows in sight are known, and the ' +
    'longest task meanwhile; baseline: 1,000 deliveries.',
  async run({ rounds }) {
    const browser = await startBrowser();
    try {
      return [...(await opening(browser, rounds)), ...(await scrolling(browser, rounds))];
    } finally {
      await browser.close();
    }
  },
};

async function opening(browser: Browser, rounds: number): Promise<Figure[]> {
  return withTool(0, (empty) =>
    withTool(10_000, async (full) => {
      const open = (tool: ServedPage) => async (): Promise<number> => {
        const page = await newPage(browser);
        const took = await openPage(page, await tool.link());
        await page.context().close();
        return took;
      };
      const usable = await compared(rounds, {
        ...{ what: 'Page usable, 10,000 deliveries', unit: 'ms', judged: 'itself' },
        baseline: { what: 'none', measure: open(empty) },
        ours: open(full),
        target: { bound: 'at most', value: 1000 },
      });
      const first = await scriptBytes(browser, full, false);
      const all = await scriptBytes(browser, full, true);
      return [
        usable,
        {
          what: 'Script of the first view, gzipped',
          unit: 'KB',
          baseline: { what: 'with the editor', value: all / 1024 },
          ours: first / 1024,
          judged: 'itself',
          target: { bound: 'at most', value: 250 },
        },
      ];
    }),
  );
}

/** Bytes of the scripts that a page asks for, gzipped; after `e`, also those of the editor. */
async function scriptBytes(browser: Browser, tool: ServedPage, editor: boolean): Promise<number> {
  const page = await newPage(browser);
  const scripts: Promise<Buffer>[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') scripts.push(response.body());
  });
  await openPage(page, await tool.link());
  if (editor) {
    await page.getByRole('row', { name: /#\d/ }).first().click();
    await page.keyboard.press('e');
    await page.getByRole('dialog', { name: 'Edit and replay' }).waitFor();
  }
  await page.waitForLoadState('networkidle');
  const sizes = (await Promise.all(scripts)).map((script) => gzipSync(script).length);
  await page.context().close();
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Jumps through the whole list; the median time (ms) until all rows in sight are known. */
async function scrollThrough(page: Page): Promise<number> {
  const times: number[] = [];
  for (let jump = 1; jump <= 40; jump++)
    times.push(
      (await page.evaluate(`new Promise((resolve) => {
        const box = document.querySelector('#deliveries');
        const began = performance.now();
        box.scrollTop = (box.scrollHeight - box.clientHeight) * ${(jump * 0.618) % 1};
        const look = () => {
          const rows = [...box.querySelectorAll('.rows-all .row')];
          const inSight = rows.filter((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return bottom > 0 && top < innerHeight;
          });
          if (inSight.length > 5 && inSight.every(({ id }) => id !== '')) resolve(performance.now() - began);
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(() => requestAnimationFrame(look));
      })`)) as number,
    );
  return median(times);
}

async function scrolling(browser: Browser, rounds: number): Promise<Figure[]> {
  return withTool(1000, (small) =>
    withTool(100_000, async (large) => {
      const longest: Record<'small' | 'large', number[]> = { small: [], large: [] };
      const through = (tool: ServedPage) => (): Promise<number> =>
        withPage(browser, tool, async (page) => {
          await longestTask(page);
          const took = await scrollThrough(page);
          longest[tool === large ? 'large' : 'small'].push(await longestTask(page));
          return took;
        });
      const jump = await compared(Math.min(rounds, 3), {
        ...{ what: 'Jump in a list of 100,000, until its rows are known', unit: 'ms', judged: 'itself' },
        baseline: { what: 'of 1,000', measure: through(small) },
        ours: through(large),
        target: { bound: 'at most', value: 300 },
      });
      return [
        jump,
        {
          what: 'Longest task meanwhile',
          unit: 'ms',
          baseline: { what: 'of 1,000', value: median(longest.small) },
          ours: median(longest.large),
          judged: 'itself',
          target: { bound: 'at most', value: 100 },
        },
      ];
    }),
  );
}
