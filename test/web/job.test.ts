import { expect, test } from 'vitest';
import { openPage, trigger } from './support/page.ts';

const emulator = ['--emulate', '--emulator-port', '0'];

test("a job's result is read as text and tables, as JSON on demand, and searched", async () => {
  const { page, tool } = await openPage({ args: emulator });
  await trigger(tool);
  await page.getByRole('row', { name: '#1' }).click();
  await page.getByRole('button', { name: 'Job', exact: true }).click();
  const sheet = page.getByRole('dialog', { name: /^Job .* as the emulator has it/ });
  await sheet
    .getByText(/^[A-Z][A-Za-z ]+ · page 1/)
    .first()
    .waitFor();
  expect(await sheet.getByText(/confidence/).count()).toBeGreaterThan(0);

  await sheet.getByRole('button', { name: /^JSON/ }).click();
  await sheet.getByRole('searchbox').fill('bbox');
  const told = sheet.getByRole('status').filter({ hasText: ' of ' });
  expect(await told.textContent()).toMatch(/^1 of \d+$/);
  await sheet.getByRole('button', { name: 'Next' }).click();
  expect(await told.textContent()).toMatch(/^2 of \d+$/);
  await sheet.getByRole('button', { name: 'Previous' }).click();
  await sheet.getByRole('button', { name: 'Previous' }).click();
  const [, at, all] = /^(\d+) of (\d+)$/.exec((await told.textContent())!)!;
  expect(at).toBe(all);
  await sheet.locator('[aria-current=true]').waitFor();
});

test('a value that stands far down in a long list is found and shown', async () => {
  const { page, tool } = await openPage();
  const items = Array.from({ length: 3000 }, (_, i) => ({ name: `item ${i}` }));
  await trigger(tool, { metadata: [JSON.stringify({ items })] });
  await page.getByRole('row', { name: '#1' }).click();
  await page.getByRole('searchbox', { name: 'Search in the JSON' }).fill('item 2777');
  await page.locator('[aria-current=true]', { hasText: 'item 2777' }).waitFor();
});

test('ten megabytes do not hold the page up: a part is drawn, more on demand', async () => {
  const { page, tool } = await openPage();
  const body = JSON.stringify({
    status: 'Completed',
    job_id: 'x',
    metadata: { text: 'a '.repeat(5_000_000) },
  });
  await fetch((await tool.ready).receiverUrl, { method: 'POST', body });
  await page.getByRole('row', { name: '#1' }).click();
  await page.getByRole('button', { name: /^Show more/ }).waitFor();
  const drawn = (): Promise<number> =>
    page
      .locator('pre.raw')
      .textContent()
      .then((text) => text!.length);
  const first = await drawn();
  expect(first).toBeLessThan(500_000);
  await page.getByRole('button', { name: /^Show more/ }).click();
  expect(await drawn()).toBeGreaterThan(first);
  expect(await drawn()).toBeLessThan(2_000_000);
  await page.getByRole('tab', { name: 'raw' }).click();
  await page.getByRole('link', { name: 'Download the body' }).waitFor();
});
