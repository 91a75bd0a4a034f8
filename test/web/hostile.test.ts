import { request } from 'node:http';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { command, openPage } from './support/page.ts';

// What an outsider sends is text in every place that shows it.

const run = 'window.__ran=1';
const evil = `"><script>${run}</script><img src=x onerror=${run}><svg onload=${run}><a href="javascript:${run}">a</a><iframe srcdoc="<script>parent.${run}</script>"></iframe>`;
const turning = '\u202eevil\u2066\u0007\u001b[31m\u0000\u2028';

/** Sends a request that no fetch would let out. */
const send = (url: string, path: string, headers: Record<string, string>, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, method: 'POST', path, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve());
    });
    sent.once('error', reject);
    sent.end(body);
  });

test('nothing that an outsider sends, or the app or Reducto answers, runs in the page or leaves it', async () => {
  const block = { type: evil, bbox: { page: 1 }, confidence: evil, content: evil + turning };
  const table = {
    type: 'Table',
    content: `<table><tr><td><script>${run}</script><img src="http://evil.example/x" onerror="${run}">cell${turning}</td></tr></table>`,
  };
  const job = {
    status: evil,
    reason: evil + turning,
    result: { result: { type: 'full', chunks: [{ content: evil, blocks: [block, table] }] } },
  };
  const reducto = await startApp({
    headers: [['content-type', 'application/json']],
    body: JSON.stringify(job),
  });
  const { page, tool } = await openPage({
    answer: { status: 500, headers: [['x-answer', evil]], body: evil + turning },
    cli: { env: { REDUCTO_API_KEY: 'k', REDUCTO_BASE_URL: reducto.url } },
  });
  const outside: string[] = [];
  const { host } = new URL(page.url());
  page.on('request', (asked) => {
    const url = new URL(asked.url());
    if (url.host !== host && url.protocol !== 'data:') outside.push(asked.url());
  });
  page.on('dialog', (dialog) => outside.push(`dialog: ${dialog.message()}`));

  const { receiverUrl } = await tool.ready;
  const payload = {
    status: 'Completed',
    job_id: `job-${evil}`,
    metadata: { [evil]: evil + turning, link: `javascript:${run}` },
  };
  await send(
    receiverUrl,
    `/hook?q=${encodeURIComponent('x')}<script>${run}</script>`,
    { 'x-evil': evil },
    JSON.stringify(payload),
  );
  await send(
    receiverUrl,
    '/svg',
    { 'content-type': 'image/svg+xml' },
    `<svg xmlns="http://www.w3.org/2000/svg"><script>${run}</script></svg>`,
  );
  await send(receiverUrl, '/html', { 'content-type': 'text/html' }, `<!doctype html>${evil}${turning}`);
  await command(tool, 'replay', { id: ['1'], set: [`status=${evil.replaceAll('"', "'")}`] }).catch(
    () => undefined,
  );

  for (const seq of [1, 2, 3]) {
    await page.getByRole('row', { name: `#${seq}` }).click();
    for (const tab of ['payload', 'headers', 'raw', 'timeline']) {
      await page.getByRole('tab', { name: tab, exact: true }).click();
      await page.getByRole('tab', { name: tab, exact: true, selected: true }).waitFor();
    }
    // Every part of every attempt.
    await page.evaluate('for (const part of document.querySelectorAll("details")) part.open = true');
  }
  await page.getByRole('row', { name: '#1' }).click();
  await page.getByRole('button', { name: 'Job', exact: true }).click();
  await page.getByRole('dialog', { name: /^Job / }).getByText('cell').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('e');
  await page.getByRole('dialog', { name: 'Edit and replay' }).waitFor();

  expect(await page.evaluate('window.__ran')).toBeUndefined();
  expect(outside).toEqual([]);
  expect(
    await page
      .locator('main script, main img[src], main iframe, dialog script, dialog img[src], dialog iframe')
      .count(),
  ).toBe(0);
  expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
  const shown = String(await page.evaluate('document.body.innerText'));
  expect(shown).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0007\u001b]/);
});
