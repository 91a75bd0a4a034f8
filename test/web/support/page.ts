import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { beforeAll } from 'vitest';
import { RemoteSession } from '../../../src/inspector/client.ts';
import { readLock } from '../../../src/inspector/lock.ts';
import type { CommandArgs, CommandId, CommandResult } from '../../../src/runtime/commands/index.ts';
import { type App, startApp } from '../../support/app.ts';
import { onCleanup } from '../../support/cleanup.ts';
import { type CliOptions, type RunningCli, startCli } from '../../support/cli.ts';

/** A name that the browser takes for this machine's, as one of the web that was bound anew (DNS rebinding). */
export const foreignName = 'rebound.example';

let browser: Browser;

// One for each test file: a start takes longer than most tests.
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${foreignName} 127.0.0.1`],
  });
  onCleanup(() => browser.close());
});

/** How {@link openPage} starts the tool and the browser. */
export interface PageOptions {
  /** What the app does with a request; 200 when left out. */
  answer?: App['answer'];
  /** More arguments of `listen`. */
  args?: readonly string[];
  cli?: CliOptions;
  /** Size, theme and so on of the browser. */
  browser?: BrowserContextOptions;
  /** A page of {@link newPage} that was prepared. */
  page?: Page;
  /** Where the page is opened. */
  path?: string;
}

/** A running tool, its app, and its page in a browser that was let in. */
export interface OpenPage {
  page: Page;
  tool: RunningCli;
  app: App;
  /** The page's address, without a path. */
  url: string;
}

/** Starts the built tool with an app and opens its page by the one-time link; all of it ends with the test. */
export async function openPage(options: PageOptions = {}): Promise<OpenPage> {
  const app = await startApp(options.answer ?? {});
  const tool = startCli([String(app.port), ...(options.args ?? [])], options.cli);
  const link = (await tool.ready).inspectorUrl!;
  const page = options.page ?? (await newPage(options.browser));
  await page.goto(link);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const url = new URL(link).origin;
  if (options.path !== undefined) await page.goto(url + options.path);
  return { page, tool, app, url };
}

/**
 * A page in a browser profile of its own, which no tool has let in yet. A script that failed, or that the content
 * security policy had to stop, fails the test.
 */
export async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 860 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) problems.push(message.text());
  });
  onCleanup(async () => {
    await context.close();
    if (problems.length > 0) throw new Error(`In the page: ${problems.join('\n')}`);
  });
  return page;
}

/** Runs a command in a running tool, as a second process does. */
export const command = <K extends CommandId>(
  { dataDir }: RunningCli,
  id: K,
  args: CommandArgs<K>,
): Promise<CommandResult<K>> => new RemoteSession(readLock(dataDir)!).run(id, args);

/** Makes deliveries in a running tool. */
export const trigger = (tool: RunningCli, args: Partial<CommandArgs<'trigger'>> = {}): Promise<unknown> =>
  command(tool, 'trigger', { event: 'parse.completed', ...args } as CommandArgs<'trigger'>);

/** What axe finds wrong in a page, each in a line. */
export async function axeFindings(page: Page): Promise<string[]> {
  // The page has no frames, so that nothing has to be put together in a window of its own; and who wants to know what
  // is wrong only need not have a selector of all that is right.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await axe.analyze();
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]!.html}`);
}
