import { expect, test, vi } from 'vitest';
import { idempotent, notIdempotent, startHandler } from '../checks/handler.ts';
import { waitFor } from '../support/wait.ts';
import { axeFindings, command, openPage, trigger } from './support/page.ts';

vi.setConfig({ testTimeout: 120_000 });

test('a run is started from the form, fills its rows live, and its failure leads to what was sent', async () => {
  const { page } = await openPage({ path: '/checks' });
  const { url, stateUrl } = await startHandler(notIdempotent);
  await page.getByLabel('Handler').fill(url);
  await page.getByLabel('Effects, URL').fill(stateUrl);
  await page.getByText('More', { exact: true }).click();
  await page.getByLabel('Only', { exact: true }).fill('duplicate-sequential');
  await page.getByRole('button', { name: 'Run the checks' }).click();
  const running = page.getByRole('region', { name: 'The run under way' });
  await running.getByText('duplicate-sequential').waitFor();
  await page.waitForURL('**/checks/1', { waitUntil: 'commit' });
  await page.getByText(/^NOT IDEMPOTENT/).waitFor();
  expect(await page.locator('.diff .added').count()).toBeGreaterThan(1);
  expect(await axeFindings(page)).toEqual([]);
  await page
    .getByRole('link', { name: /^#\d+$/ })
    .first()
    .click();
  await page.waitForURL('**/d/*/attempts', { waitUntil: 'commit' });
  await page.locator('.attempt').first().waitFor();
  await page.goBack();
  await page.getByText(/^NOT IDEMPOTENT/).waitFor();
});

test('a run that a script has started is seen, and two runs are compared', async () => {
  const { page, tool } = await openPage({ path: '/checks' });
  const args = async (work: typeof idempotent) => {
    const { url, stateUrl } = await startHandler(work);
    return { url, effectsUrl: [stateUrl], emulatorPort: 0, only: ['duplicate-sequential'] };
  };
  const first = command(tool, 'check', await args(notIdempotent));
  await page.getByRole('region', { name: 'The run under way' }).waitFor();
  await first;
  await page.getByText(/^NOT IDEMPOTENT/).waitFor();
  await command(tool, 'check', await args(idempotent));
  await page.goto(new URL('/checks/2?compare=1', page.url()).href);
  const fixed = page.getByRole('region', { name: 'Comparison' }).getByRole('listitem');
  await fixed.first().waitFor();
  expect(await fixed.allInnerTexts()).toEqual([expect.stringMatching(/duplicate-sequential\s+fixed/)]);
  expect(await axeFindings(page)).toEqual([]);
});

test('what is wrong with the form is said, and nothing runs', async () => {
  const { page, tool } = await openPage({ path: '/checks' });
  await page.getByLabel('Handler').fill('nowhere at all');
  await page.getByRole('button', { name: 'Run the checks' }).click();
  await page.getByRole('alert').filter({ hasText: 'is not a port or an http(s) URL' }).waitFor();
  expect(await command(tool, 'check-runs', {})).toEqual({ runs: [] });
});

test.each(['light', 'dark'] as const)(
  'the emulator: its jobs live, its faults and endpoints (%s)',
  async (colorScheme) => {
    const { page, tool } = await openPage({
      args: ['--emulate', '--emulator-port', '0', '--job-time', '200ms'],
      browser: { colorScheme },
      path: '/emulator',
    });
    await trigger(tool);
    const jobs = page.getByRole('region', { name: 'Jobs' }).getByRole('listitem');
    await jobs.first().waitFor();
    await jobs.first().locator('summary').click();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('textbox', { name: 'Faults' }).fill('429:20%');
    await page.getByRole('button', { name: 'Set' }).click();
    await page.getByText('At work: 429:20%').waitFor();
    await page.getByLabel('New endpoint').fill('http://localhost:1/hook');
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText(/Its secret, shown once: whsec_/).waitFor();
    await page.getByRole('button', { name: 'Remove http://localhost:1/hook' }).click();
    await jobs.first().getByRole('button', { name: 'Expire' }).click();
    await waitFor(async () => (await jobs.count()) === 0, { what: 'the job to be gone' });
    const { endpoints } = await command(tool, 'svix-endpoints', {});
    expect(endpoints).toEqual([]);
  },
);

test('without an emulator it is said how to start one', async () => {
  const { page } = await openPage({ path: '/emulator' });
  await page.getByText('npx reducto-webhook-dev listen --emulate').waitFor();
});
