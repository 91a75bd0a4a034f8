import type { Page, WebSocketRoute } from 'playwright-core';
import { expect, test } from 'vitest';
import { startCli } from '../support/cli.ts';
import { newPage, openPage, trigger } from './support/page.ts';

const lost = (page: Page) => page.getByText('The connection to the tool is lost');
const row = (page: Page, seq: number) => page.getByRole('row', { name: `#${seq} `, exact: false });

test('a delivery appears without a reload', async () => {
  const { page, tool } = await openPage();
  await page.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();

  await trigger(tool);

  await row(page, 1).waitFor();
  expect(await row(page, 1).textContent()).toContain('Completed');
});

test('what its row tells of a delivery is shown before the tool has answered', async () => {
  const { page, tool } = await openPage();
  await trigger(tool);
  let answer = (): void => undefined;
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/api/commands/show', async (route) => {
    await mayAnswer;
    await route.continue();
  });

  await row(page, 1).click();
  const pane = page.getByRole('region', { name: 'Delivery #1' });
  await pane.getByRole('heading', { name: /#1 Completed/ }).waitFor();
  expect(await pane.getByRole('tabpanel').textContent()).toBe('Loading …');
  expect(await pane.getByRole('button', { name: 'Replay', exact: true }).getAttribute('aria-disabled')).toBe(
    'false',
  );

  answer();
  await pane.getByText('job_id').first().waitFor();
});

test('a tool that was killed is said to be gone, and its successor is found without a reload', async () => {
  const { page, tool, app, url } = await openPage();
  await trigger(tool, { count: 3 });
  await row(page, 3).click();
  await page.getByRole('heading', { name: '#3' }).waitFor();

  await tool.kill();
  await lost(page).waitFor();
  expect(await row(page, 2).isVisible()).toBe(true);

  const next = startCli([String(app.port), '--inspector-port', new URL(url).port], { dataDir: tool.dataDir });
  await next.ready;
  await trigger(next, { count: 2 });
  await lost(page).waitFor({ state: 'detached' });
  await row(page, 5).waitFor();
  await trigger(next);
  await row(page, 6).waitFor();
  expect(await page.getByRole('heading', { name: '#3' }).isVisible()).toBe(true);
});

test('what happened while the connection was away is there afterwards, by its number', async () => {
  const page = await newPage();
  const asked: URL[] = [];
  let away = false;
  let open: WebSocketRoute | undefined;
  await page.routeWebSocket(/api\/events/, (socket) => {
    asked.push(new URL(socket.url()));
    if (away) return void socket.close();
    socket.connectToServer();
    open = socket;
  });
  const { tool } = await openPage({ page });
  await trigger(tool, { count: 2 });
  await row(page, 2).waitFor();

  away = true;
  await open!.close();
  await lost(page).waitFor();
  await trigger(tool, { count: 4 });
  away = false;
  await row(page, 6).waitFor();

  await lost(page).waitFor({ state: 'detached' });
  expect(Number(asked.at(-1)!.searchParams.get('after'))).toBeGreaterThanOrEqual(2);
});
