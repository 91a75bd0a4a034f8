import { expect, test } from 'vitest';
import type { AppRequest } from '../support/app.ts';
import { openPage, trigger } from './support/page.ts';

const clipboard = { permissions: ['clipboard-read', 'clipboard-write'] };

test('replay, copy, duplicate and retry by buttons and keys, forms by Enter from a list of choices', async () => {
  const { page, tool, app } = await openPage({ browser: clipboard });
  await trigger(tool);
  await page.getByRole('row', { name: '#1' }).click();
  const notice = page.locator('.notices');

  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await notice.getByText('Replayed #1: 200').waitFor();
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await notice.getByText('Copied #1 as curl').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^# Secrets|^curl /);

  for (const [key, told] of [
    ['d', 'Duplicates of #1: 2 × 200'],
    ['t', '#1 was taken after 1 attempt: 200'],
  ] as const) {
    await page.keyboard.press(key);
    await page.locator('dialog.form select').first().focus();
    await page.keyboard.press('Enter');
    await notice.getByText(told).waitFor();
  }
  expect(app.requests).toHaveLength(5);

  // Any command of the command line, as in the terminal.
  await page.keyboard.press(':');
  const line = page.getByRole('dialog', { name: 'Run a command' });
  await line.getByLabel('command').selectOption('list');
  await line.getByLabel('arguments').fill('--nosuch');
  await page.keyboard.press('Enter');
  await line.getByText('list has no --nosuch').waitFor();
  await line.getByLabel('arguments').fill('--limit 1');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'list' }).getByText('"seq": 1').waitFor();
});

test('edit and replay: headers and body, the difference first, with the secrets; nothing is sent before', async () => {
  const { page, tool, app } = await openPage();
  await trigger(tool, { secret: 'hunter2' });
  await page.getByRole('row', { name: '#1' }).click();
  await page.keyboard.press('e');
  const dialog = page.getByRole('dialog', { name: 'Edit and replay' });
  const send = dialog.getByRole('button', { name: /send/i });
  await dialog.waitFor();
  expect(await send.isDisabled()).toBe(true);

  await dialog.getByRole('textbox', { name: 'Body' }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Backspace');
  await page.keyboard.insertText(',\r"added":1}');
  await dialog.getByRole('button', { name: 'Add a header' }).click();
  await page.keyboard.type('x-new');
  await page.keyboard.press('Tab');
  await page.keyboard.type('a b');
  await dialog.getByRole('button', { name: 'Remove header 2' }).click();
  await send.click();
  await dialog.getByText('x-new: a b').waitFor();
  expect(app.requests).toHaveLength(1);

  await send.click();
  await page.locator('.notices').getByText('Replayed #1, edited: 200').waitFor();
  const [, { body, header }] = (await app.received(2)) as [AppRequest, AppRequest];
  expect(body.toString()).toContain('"secret":"hunter2"');
  expect(JSON.parse(body.toString())).toMatchObject({ added: 1 });
  expect(header('x-new')).toBe('a b');
});

test('an edit that was begun is not lost to Esc, and can be left', async () => {
  const { page, tool, app } = await openPage();
  await trigger(tool);
  await page.getByRole('row', { name: '#1' }).click();
  await page.keyboard.press('e');
  await page.getByRole('textbox', { name: 'Value of header 1' }).fill('x');
  await page.keyboard.press('Escape');
  await page.getByText('Leave, and lose what was changed?').waitFor();
  await page.getByRole('button', { name: 'Go on editing' }).click();
  expect(await page.getByRole('textbox', { name: 'Value of header 1' }).inputValue()).toBe('x');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Leave' }).click();
  await page.locator('.notices').getByText('Nothing was sent.').waitFor();
  expect(app.requests).toHaveLength(1);
});
