import { expect, test } from 'vitest';
import { openPage } from './support/page.ts';

const secret = 'whsec_dGhpcyBpcyBhIHNlY3JldCBvZiB0aGlzIHRlc3Q=';

test('a new delivery: its job, metadata, signature and path, several of them, by keys alone', async () => {
  const { page, app } = await openPage();
  await page.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();
  await page.keyboard.press('n');
  const dialog = page.getByRole('dialog', { name: 'New delivery' });
  await dialog.getByLabel('event').selectOption('extract.failed');
  await dialog.getByLabel('job').fill('job-7');
  await dialog.getByLabel('metadata', { exact: true }).fill('user="ann is here" pages');
  await dialog.getByText('"pages" is not KEY=VALUE').waitFor();
  await dialog.getByLabel('metadata', { exact: true }).fill('user="ann is here" pages:=3');
  await dialog
    .getByText('{"status":"Failed","job_id":"job-7","metadata":{"user":"ann is here","pages":3}}')
    .waitFor();
  await dialog.getByLabel('signature').selectOption('svix');
  await dialog.getByLabel('svix secret').fill(secret);
  await dialog.getByLabel('count').fill('2');
  await dialog.getByLabel('path').fill('/hook?x=1');
  await page.keyboard.press('Enter');
  await page.locator('.notices').getByText('Made and sent 2 deliveries: 2 × 200').waitFor();
  const [{ body, header, url }] = (await app.received(2)) as [(typeof app.requests)[number]];
  expect(JSON.parse(body.toString())).toEqual({
    ...{ status: 'Failed', job_id: 'job-7', metadata: { user: 'ann is here', pages: 3 } },
  });
  expect(header('svix-signature')).toMatch(/^v1,/);
  expect(url).toBe('/hook?x=1');
});

test('a new delivery with a body of the user’s own and a fault; what is wrong stands at its field', async () => {
  const { page, app } = await openPage();
  await page.getByRole('button', { name: 'New delivery', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'New delivery' });
  await dialog.getByLabel('signature').selectOption('svix');
  await dialog.getByRole('button', { name: 'send' }).click();
  await dialog.getByText('its secret is needed').waitFor();
  await dialog.getByLabel('signature').selectOption('none');
  await dialog.getByLabel('event').selectOption('own');
  await dialog.getByLabel('body').fill('<not>\n  JSON');
  await dialog.getByLabel('faults').fill('duplicate=1');
  await dialog.getByRole('button', { name: 'send' }).click();
  await page.locator('.notices').getByText('2 × 200').waitFor();
  expect((await app.received(2)).map(({ body }) => body.toString())).toEqual(Array(2).fill('<not>\n  JSON'));
});
