import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { axeFindings, newPage, openPage, trigger } from './support/page.ts';

type Look = readonly ['light' | 'dark', number];

/** Both themes, three widths: no colour depends on the width. */
const looks: readonly Look[] = [
  ['light', 360],
  ['dark', 360],
  ['dark', 900],
  ['light', 1600],
];

/** What axe has to say, in both themes and at three widths. */
async function look(page: Page, state: string, which: readonly Look[] = looks): Promise<void> {
  for (const [colorScheme, width] of which) {
    // A colour on its way to another one is no colour of the page.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    expect(await axeFindings(page), `${state}, ${colorScheme}, ${width} px`).toEqual([]);
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow, `${state} is wider than ${width} px`).toBe(0);
  }
  await page.setViewportSize({ width: 1400, height: 860 });
}

test('nothing stands in the way of anybody: list, detail, marks, filter, columns, forms, help, questions', async () => {
  const { page, tool } = await openPage();
  await page.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();
  await look(page, 'empty');
  await trigger(tool, { count: 12, metadata: ['user_id=7'] });
  const row = page.getByRole('row', { name: '#12 ' });
  await row.waitFor();
  await look(page, 'list');
  await row.click();
  await page.getByRole('heading', { name: '#12' }).waitFor();
  await page.getByRole('row', { name: '#9 ' }).click({ modifiers: ['Shift'] });
  await page.getByText('4 marked').waitFor();
  await look(page, 'detail and marks');
  await page.getByLabel('Filter', { exact: true }).fill('status:nosuch AND metadata.');
  await page.getByRole('option', { name: 'metadata.user_id:' }).waitFor();
  await look(page, 'filter');
  await page.getByLabel('Filter', { exact: true }).fill('');
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('checkbox', { name: 'Path' }).waitFor();
  await look(page, 'columns');
  await page.keyboard.press('Escape');
  await page.getByRole('grid').focus();
  for (const [key, state] of [
    ['R', 'form'],
    ['?', 'help'],
    ['x', 'question'],
  ] as const) {
    await page.bringToFront();
    await page.keyboard.press(key);
    await page
      .getByRole('dialog')
      .waitFor({ timeout: 5000 })
      .catch((cause: unknown) => {
        throw new Error(`no ${state}`, { cause });
      });
    await look(page, state);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
}, 180_000);

test('nor in the rest of it: bytes, the editor, the checks, the emulator', async () => {
  const { page, tool, url } = await openPage({ args: ['--emulate'] });
  const both: readonly Look[] = [
    ['dark', 360],
    ['light', 1400],
  ];
  await trigger(tool);
  await page.goto(`${url}/d/1/raw`);
  await page.getByText('00000000').waitFor();
  await look(page, 'bytes', both);
  await page.keyboard.press('e');
  await page.getByRole('textbox', { name: 'Body' }).waitFor();
  await look(page, 'editor', both);
  for (const [path, heading] of [
    ['checks', 'Check your handler'],
    ['emulator', 'Jobs'],
  ] as const) {
    await page.goto(`${url}/${path}`);
    await page.getByRole('heading', { name: heading }).waitFor();
    await look(page, path, both);
  }
}, 180_000);

test('every dialog fits on a narrow screen, and leaves the focus where it was', async () => {
  const { page, tool, url } = await openPage({ browser: { viewport: { width: 360, height: 740 } } });
  await trigger(tool);
  const sound = async (names: readonly string[]): Promise<void> => {
    for (const name of names) {
      const button = page.getByRole('button', { name, exact: true });
      await button.focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      const wide = await dialog.evaluate((box: { scrollWidth: number; clientWidth: number }) => [
        box.scrollWidth,
        box.clientWidth,
      ]);
      expect(wide[0], name).toBe(wide[1]);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => button.evaluate('document.activeElement?.textContent')).toBe(name);
    }
  };
  await page.getByRole('row', { name: '#1 ' }).waitFor();
  await sound(['New delivery', 'Faults', 'Export', 'Clear']);
  await page.goto(`${url}/d/1`);
  await page.getByRole('heading', { name: '#1' }).waitFor();
  await sound(['Replay with …', 'Duplicate', 'Retry']);
});

test('nothing stands in the way of who is not let in', async () => {
  const { url } = await openPage();
  const page = await newPage();
  await page.goto(url);
  await page.getByRole('heading', { name: 'Not let in yet' }).waitFor();
  await look(page, 'locked');
});
