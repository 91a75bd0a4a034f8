import { expect, test } from 'vitest';
import { openPage } from './support/page.ts';

test('faults are filled in as rows; the line follows them, and they follow the line', async () => {
  const { page } = await openPage({ args: ['--forward-filter', 'job:a*'] });
  await page.getByText('Rules: forward-filter job:a* (0)').waitFor();
  await page.keyboard.press('f');
  const dialog = page.getByRole('dialog', { name: 'Faults at work on what comes in' });
  const line = dialog.getByRole('textbox', { name: 'faults' });
  const kind = (name: string) => dialog.getByRole('checkbox', { name, exact: true });

  await kind('duplicate').check();
  await dialog.getByRole('checkbox', { name: 'all at once' }).check();
  await dialog.getByRole('combobox', { name: 'How often duplicate strikes' }).selectOption('percent');
  await dialog.getByRole('textbox', { name: 'Percentage of duplicate' }).fill('25');
  await kind('lost-ack').check();
  expect(await line.inputValue()).toBe('duplicate=1,concurrent:25% lost-ack=504');

  await line.fill('drop:2 nope');
  expect(await kind('drop').isChecked()).toBe(true);
  expect(await kind('duplicate').isChecked()).toBe(false);
  expect(await dialog.getByRole('textbox', { name: 'How many times drop' }).inputValue()).toBe('2');
  await dialog.getByText('There is no fault "nope"').waitFor();

  await line.fill('drop:2');
  await dialog.getByRole('textbox', { name: 'seed' }).fill('7');
  await dialog.getByRole('button', { name: 'put to work' }).click();
  await page.getByText('From now on, on purpose: drop:2 (seed 7)').waitFor();
  // The head says so once the tool has told it: only then is there something to clear.
  await page.getByText('On purpose, with what comes in: drop:2').waitFor();
  await page.keyboard.press('F');
  await page.getByText('no faults are at work now').waitFor();
});

test('what is typed into the middle of a field, as fast as it may be, stays as it was typed', async () => {
  const { page } = await openPage();
  await page.keyboard.press('f');
  const line = page.getByRole('textbox', { name: 'faults' });
  await line.fill('drop:2');
  await line.press('Home');
  await page.keyboard.type('delay=10s ', { delay: 0 });
  expect(await line.inputValue()).toBe('delay=10s drop:2');
});
