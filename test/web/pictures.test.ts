import { expect, test } from 'vitest';
import { command, openPage, trigger } from './support/page.ts';

test('activity: deliveries and their outcomes over time, as they come in', async () => {
  const { page, tool } = await openPage({
    answer: ({ number }) => ({ status: number % 3 === 0 ? 500 : 200 }),
  });
  await page.getByRole('combobox', { name: 'Activity' }).selectOption('10m');
  const bars = page.getByRole('img', { name: /^Deliveries by 10/ });
  await bars.waitFor();

  await trigger(tool, { count: 6 });

  await page.getByRole('img', { name: /: 4 answered 2xx, 2 failed$/ }).waitFor();
  expect(await bars.locator('rect.ok').count()).toBeGreaterThan(0);
  expect(await bars.locator('rect.error').count()).toBeGreaterThan(0);
  await page.reload();
  await bars.waitFor();
});

test('a retry schedule shows the attempts that were made and those to come, and is hurried and cancelled', async () => {
  const { page, tool } = await openPage({ answer: { status: 500 } });
  await trigger(tool);
  const retried = command(tool, 'retry', { id: '1', schedule: '1h,2h,3h' });
  const schedule = page.getByRole('list', { name: 'Attempts of the schedule' });
  await schedule.waitFor();
  const attempts = (): Promise<string[]> => schedule.locator('.hidden').allTextContents();
  await page.getByText(/next in 1h|next in 60m|next in 59/).waitFor();
  expect(await attempts()).toEqual(['failed', 'next', 'to come', 'to come']);

  await page.getByRole('button', { name: 'Now' }).click();
  await schedule.getByText('failed').nth(1).waitFor({ state: 'attached' });
  await page.locator('.banner.work').getByRole('button', { name: 'Cancel' }).click();
  await schedule.waitFor({ state: 'detached' });
  expect(await retried).toMatchObject({ cancelled: true, sent: 2 });
});

test('the timeline has a bar for each attempt that can be seen, however short beside the others', async () => {
  const { page, tool } = await openPage({
    answer: ({ number }) => ({ status: 200, delayMs: number === 1 ? 1500 : 0 }),
  });
  await trigger(tool);
  await command(tool, 'replay', { id: ['1'], fault: 'truncate=5' });
  await page.getByRole('row', { name: '#1' }).click();
  await page.getByRole('tab', { name: 'timeline' }).click();
  await page.locator('.bars .bar').nth(2).waitFor();
  const boxes = await Promise.all((await page.locator('.bars .bar').all()).map((bar) => bar.boundingBox()));
  const widths = boxes.map((box) => box!.width);
  expect(widths).toHaveLength(3);
  expect(Math.min(...widths)).toBeGreaterThanOrEqual(3);
  expect(await page.locator('.bar.faulty').count()).toBe(1);
  expect(await page.locator('.axis .tick').count()).toBeGreaterThanOrEqual(3);
});

test('two that differ stand side by side, the parts that differ set off within their lines', async () => {
  const { page, tool } = await openPage();
  await trigger(tool, { metadata: ['user=ann is here'], jobId: 'job-1' });
  await trigger(tool, { metadata: ['user=barbara is here'], jobId: 'job-1' });
  await page.getByRole('row', { name: '#1' }).click({ modifiers: ['Control'] });
  await page.getByRole('row', { name: '#2' }).click({ modifiers: ['Control'] });
  await page.keyboard.press('D');
  const sides = page.getByRole('dialog', { name: 'How #1 and #2 differ' });
  await sides.locator('del', { hasText: 'ann' }).waitFor();
  expect(await sides.locator('ins').allTextContents()).toContain('barbara');
  // What the tool sets itself for each request is no difference.
  await sides.getByText('Set anew each time it is sent: content-length').waitFor();
  expect(await sides.getByRole('cell', { name: /content-length/i }).count()).toBe(0);
});

test('an attempt stands beside what came in and beside another attempt', async () => {
  const { page, tool } = await openPage({
    answer: ({ number }) => ({ status: number === 1 ? 500 : 200 }),
  });
  await trigger(tool);
  await command(tool, 'replay', { id: ['1'], header: ['x-debug: 1'] });
  await page.goto(new URL('/d/1', page.url()).href);
  const pane = page.getByRole('region', { name: 'Attempts' });
  await pane.getByRole('button', { name: 'attempt 1' }).click();
  const attempts = page.getByRole('dialog', { name: 'How #1 attempt 1 and #1 attempt 2 differ' });
  await attempts.getByText('x-debug: 1').waitFor();
  await attempts.getByRole('cell', { name: '500', exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await pane.locator('summary', { hasText: '500 in' }).click();
  await pane.getByRole('button', { name: 'what came in' }).last().click();
  const delivery = page.getByRole('dialog', { name: 'How #1 as it came and #1 attempt 1 differ' });
  await delivery.getByText('No difference.').waitFor();
});
