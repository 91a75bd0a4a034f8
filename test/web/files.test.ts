import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { openPage, trigger } from './support/page.ts';

/** Exports by the form that is open. @returns the file's name and what is in it */
async function exported(
  page: Page,
  fill: { format: string; secrets?: true; keep?: string },
): Promise<[string, string]> {
  const dialog = page.getByRole('dialog', { name: 'Export to a file' });
  await dialog.getByLabel('format').selectOption(fill.format);
  if (fill.secrets) await dialog.getByLabel('secrets').check();
  if (fill.keep !== undefined) {
    await dialog.getByLabel('scrub', { exact: true }).check();
    await dialog.getByLabel('leave').fill(fill.keep);
    expect(await dialog.getByLabel('secrets').count()).toBe(0);
  }
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'write' }).click(),
  ]);
  return [download.suggestedFilename(), readFileSync(await download.path(), 'utf8')];
}

test('an export is a download of what is marked, what the filter matches or all; secrets only when asked for', async () => {
  const { page, tool } = await openPage();
  await trigger(tool, { count: 3, secret: 'hunter2' });
  await trigger(tool, { event: 'parse.failed', count: 2 });
  await page.getByRole('row', { name: '#5 ' }).waitFor();
  const button = page.getByRole('button', { name: 'Export', exact: true });

  await page.getByRole('button', { name: 'Failed', exact: true }).click();
  await page.getByText('2 match').waitFor();
  await button.click();
  const [harName, har] = await exported(page, { format: 'har' });
  expect(harName).toBe('deliveries.har');
  expect((JSON.parse(har) as { log: { entries: unknown[] } }).log.entries).toHaveLength(2);
  await page
    .locator('.notices')
    .getByText('Downloading 2 deliveries as deliveries.har · secrets masked')
    .waitFor();

  await page.getByRole('button', { name: 'Failed', exact: true }).click();
  await page.getByRole('row', { name: '#1 ' }).click({ modifiers: ['Control'] });
  await button.click();
  const [, masked] = await exported(page, { format: 'fixture' });
  expect(masked).toContain('"status": "Completed"');
  expect(masked).not.toContain('hunter2');
  await button.click();
  const [curlName, curl] = await exported(page, { format: 'curl', secrets: true });
  expect(curlName).toBe('deliveries.sh');
  expect(curl).toContain('hunter2');
  await button.click();
  const [, scrubbed] = await exported(page, { format: 'fixture', keep: 'job_id' });
  expect(scrubbed).not.toContain('hunter2');
  expect((JSON.parse(scrubbed) as { body: object }).body).toMatchObject({
    job_id: (JSON.parse(masked) as { body: { job_id: string } }).body.job_id,
    metadata: { secret: 'stand-in-secret' },
  });
  await page.locator('.notices').getByText('deliveries.json: Scrubbed: ').waitFor();
});

test('files are imported by a button and by a drop; what was left out of them is told', async () => {
  const { page, tool } = await openPage();
  await trigger(tool, { count: 3 });
  await page.getByRole('row', { name: '#3 ' }).waitFor();
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('dialog').getByLabel('what').selectOption('all');
  const [, text] = await exported(page, { format: 'ndjson' });

  const file = join(tempDir(), 'three.ndjson');
  writeFileSync(file, text);
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Import', exact: true }).press('Enter'),
  ]);
  await chooser.setFiles(file);
  await page.locator('.notices').getByText('Imported 3 deliveries from three.ndjson: #4 to #6').waitFor();

  const drop = async (name: string, content: string): Promise<void> => {
    const data = await page.evaluateHandle(`{
      const data = new DataTransfer();
      data.items.add(new File([${JSON.stringify(content)}], ${JSON.stringify(name)}));
      data;
    }`);
    await page.dispatchEvent('main', 'dragover', { dataTransfer: data });
    await page.getByText('Drop files to import them').waitFor();
    await page.dispatchEvent('main', 'drop', { dataTransfer: data });
  };
  const lines = text.split('\n');
  await drop('odd.ndjson', [lines[0], '{"v":1,"method":7}', lines[1]].join('\n'));
  const sheet = page.getByRole('dialog', {
    name: 'Imported 2 deliveries from odd.ndjson: #7 to #8 · 1 warning',
  });
  await sheet.getByText('line 2').waitFor();
  await page.keyboard.press('Escape');
  await drop('x.txt', 'nothing');
  await page.locator('.notices').getByText('in no format that can be read').waitFor();
  await page.getByRole('row', { name: '#8 ' }).waitFor();
});
