import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { command, openPage, trigger } from './support/page.ts';

const row = (page: Page, seq: number) => page.getByRole('row', { name: `#${seq} ` });
const heading = (page: Page, seq: number) => page.getByRole('heading', { name: `#${seq} ` });

test('who reads older ones sees nothing move: new ones are counted, and shown when asked for', async () => {
  const { page, tool } = await openPage();
  await trigger(tool, { count: 200 });
  await row(page, 200).waitFor();
  await page.getByRole('grid').evaluate((box: { scrollTop: number }) => {
    box.scrollTop = 2800;
  });
  await row(page, 95).waitFor();
  const before = await row(page, 95).boundingBox();
  await trigger(tool, { count: 5 });
  const fresh = page.getByRole('button', { name: '5 new' });
  await fresh.waitFor();
  expect(await row(page, 95).boundingBox()).toEqual(before);
  await fresh.click();
  await row(page, 205).waitFor();
  await fresh.waitFor({ state: 'detached' });
});

test('several are marked by Ctrl, Shift and keys, and what sends acts on them', async () => {
  const { page, tool, app } = await openPage();
  await trigger(tool, { count: 10 });
  await row(page, 9).click();
  await row(page, 7).click({ modifiers: ['Control'] });
  await row(page, 4).click({ modifiers: ['Shift'] });
  await page.getByText('4 marked').waitFor();
  await row(page, 5).click({ modifiers: ['Control'] });
  await page.getByText('3 marked').waitFor();
  await page.keyboard.press('u');
  await page.getByText('3 marked').waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.keyboard.press('m');
  await page.getByText('2 marked').waitFor();
  await page.keyboard.press('r');
  await app.received(12);
  const sent = app.requests.slice(10).map(({ body }) => body.toString());
  expect(new Set(sent).size).toBe(2);
});

test('the keyboard reaches everything: through the list, into a delivery, its tabs, and back', async () => {
  const { page, tool } = await openPage();
  await trigger(tool, { count: 60 });
  await row(page, 60).waitFor();
  await page.keyboard.press('j');
  await heading(page, 60).waitFor();
  await page.keyboard.press('G');
  await heading(page, 1).waitFor();
  await page.keyboard.press('k');
  await heading(page, 2).waitFor();
  await page.keyboard.press('PageUp');
  await page.keyboard.press('g');
  await heading(page, 60).waitFor();
  await page.keyboard.press('2');
  await page.getByRole('tab', { name: 'headers', selected: true }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Choose a delivery on the left').waitFor();
  await page.keyboard.press('/');
  await page.locator('#filter:focus').waitFor();
});

test("keys are the user's, in the page as in the terminal", async () => {
  const dir = tempDir();
  writeFileSync(
    join(dir, 'reducto-webhook-dev.config.json'),
    JSON.stringify({ keys: { replay: 'w', help: 'ctrl+g' } }),
  );
  const { page, tool, app } = await openPage({ cli: { cwd: dir } });
  await trigger(tool);
  await row(page, 1).click();
  await page.keyboard.press('w');
  await app.received(2);
  await page.keyboard.press('Control+g');
  await page.getByRole('rowheader', { name: 'w', exact: true }).waitFor();
});

test('columns can be chosen, and are remembered', async () => {
  const { page, tool } = await openPage();
  await trigger(tool);
  const names = (): Promise<string[]> => page.getByRole('columnheader').allTextContents();
  await row(page, 1).waitFor();
  expect(await names()).toEqual([
    'Marked',
    '#',
    'Received',
    'Status',
    '✓',
    'Job',
    'Metadata',
    '!',
    'Answer',
    '×',
    'Took',
  ]);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByLabel('Source').check();
  await page.getByLabel('Received').uncheck();
  await page.reload();
  await row(page, 1).waitFor();
  expect(await names()).toEqual([
    'Marked',
    '#',
    'Status',
    '✓',
    'Job',
    'Metadata',
    'Source',
    '!',
    'Answer',
    '×',
    'Took',
  ]);
});

test('the filter line completes fields and values, says what is wrong, and the address keeps it', async () => {
  const { page, tool } = await openPage();
  await trigger(tool, { count: 3, metadata: ['user_id=7'] });
  await trigger(tool, { event: 'parse.failed' });
  await row(page, 4).waitFor();
  const line = page.getByLabel('Filter', { exact: true });
  await line.pressSequentially('meta');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await line.inputValue()).toBe('metadata.user_id:');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await line.inputValue()).toBe('metadata.user_id:7');
  await page.keyboard.press('Enter');
  await page.getByText('3 match').waitFor();
  await row(page, 4).waitFor({ state: 'detached' });
  expect(new URL(page.url()).searchParams.get('filter')).toBe('metadata.user_id:7');
  await line.fill('nosuch:1');
  await page.getByText('There is no field "nosuch"').waitFor();
  await page.goBack();
  await row(page, 4).waitFor();
  await page.goForward();
  await row(page, 4).waitFor({ state: 'detached' });
});

test('every address can be opened; back and forward go where one was', async () => {
  const { page, tool, url } = await openPage();
  await trigger(tool, { count: 3 });
  await row(page, 2).click();
  await heading(page, 2).waitFor();
  await page.keyboard.press('j');
  await heading(page, 1).waitFor();
  await page.goBack();
  await heading(page, 2).waitFor();
  await page.goto(`${url}/d/3/attempts/1`);
  await heading(page, 3).waitFor();
  await trigger(tool);
  await row(page, 4).waitFor();
  expect(new URL(page.url()).pathname).toBe('/d/3/attempts/1');
  await page.goto(`${url}/?filter=nosuch%3A1`);
  await page.getByText('There is no field "nosuch"').waitFor();
});

test('those who do not look are told: aloud in one sentence, in the title', async () => {
  const { page, tool } = await openPage();
  await trigger(tool, { count: 20 });
  await expect
    .poll(() => page.getByRole('status', { name: 'New deliveries' }).textContent(), { timeout: 10_000 })
    .toMatch(/^\d+ new deliveries, the newest: #20 Completed, job .+, 200/);
  await page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })");
  await trigger(tool, { count: 2 });
  await expect.poll(() => page.title(), { timeout: 10_000 }).toMatch(/^\(2\) /);
});

test('on paper a delivery stands alone, in full and on white', async () => {
  const { page, tool } = await openPage({ browser: { colorScheme: 'dark' } });
  await trigger(tool, { count: 2 });
  await page.goto(new URL('/d/1', page.url()).href);
  await page.getByRole('heading', { name: '#1' }).waitFor();
  await page.getByText('200 in').waitFor();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  for (const gone of ['.list', '.top', '.actions', '.json-search', '.comparisons'])
    expect(await page.locator(gone).first().isVisible(), gone).toBe(false);
  expect(await page.getByText('content-type', { exact: false }).first().isVisible()).toBe(true);
  const ground = 'getComputedStyle(document.documentElement).backgroundColor';
  expect(await page.evaluate(ground)).toBe('rgb(255, 255, 255)');
});

test('nothing moves while one types a filter, marks or holds; to mark with shift selects no text', async () => {
  const { page, tool } = await openPage();
  await trigger(tool, { count: 5 });
  const list = page.getByRole('grid');
  await page.getByRole('row', { name: '#5 ' }).click();
  const before = await list.boundingBox();
  const filter = page.getByLabel('Filter', { exact: true });
  await filter.fill('code:x');
  await page.getByText('"code" is a number').waitFor();
  expect(await list.boundingBox()).toEqual(before);
  await filter.fill('');
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: '#2 ' }).click({ modifiers: ['Shift'] });
  await page.getByText('4 marked').waitFor();
  expect(await page.evaluate('getSelection().toString()')).toBe('');
  await command(tool, 'hold', {});
  await page.getByRole('button', { name: 'Holding' }).waitFor();
  expect(await list.boundingBox()).toEqual(before);
});

test('on a narrow screen a delivery has all of it, and a button leads back to the list', async () => {
  const { page, tool } = await openPage({ browser: { viewport: { width: 360, height: 740 } } });
  await trigger(tool, { count: 2 });
  await page.getByRole('row', { name: '#1 ' }).click();
  await heading(page, 1).waitFor();
  expect(await page.getByRole('region', { name: 'Commands' }).count()).toBe(0);
  await page.getByRole('button', { name: '← All deliveries' }).click();
  await page.getByRole('row', { name: '#2 ' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/');
});
