import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';
import { attack } from './support/attack.js';
import { command, foreignName, newPage, openPage, trigger } from './support/page.ts';

// What pages of others can do to the tool in a browser that it has let in: nothing.

/** A page of somebody else's, on a port of its own, in the browser that was let in. */
async function elsewhere(page: Page, host: string): Promise<Page> {
  const site = await startApp({
    headers: [['content-type', 'text/html']],
    body: '<!doctype html><title>Elsewhere</title><body></body>',
  });
  const other = await page.context().newPage();
  await other.goto(`http://${host}:${site.port}/`);
  return other;
}

describe.each([
  ['of another port of this machine', '127.0.0.1'],
  ['of this machine under another name', 'localhost'],
  ['of another site', 'evil.localhost'],
  ['of a name of the web', foreignName],
])('a page %s', (_, host) => {
  test('reads nothing, sends nothing, frames nothing and hears nothing', async () => {
    const { page, tool, app, url } = await openPage();
    await trigger(tool, { secret: 'only-for-the-user' });
    await app.received(1);
    const other = await elsewhere(page, host);
    // Answers that are not the tool's own pages, which say nothing of anybody, must be refusals.
    const answered: string[] = [];
    other.on('response', (response) => {
      const asked = new URL(response.url());
      if (asked.origin === url && /^\/(api|login)/.test(asked.pathname) && response.ok())
        answered.push(response.url());
    });

    const ends = await other.evaluate(attack, url);

    expect(Object.values(ends).filter((end) => end !== 'failed' && end !== 'unread')).toEqual([]);
    expect(ends['the stream']).toBe('failed');
    expect(ends['the API as a script']).toBe('failed');
    expect(answered).toEqual([]);
    for (const frame of other.frames().slice(1))
      expect(await frame.evaluate('document.body?.innerText ?? ""').catch(() => '')).not.toMatch(
        /only-for-the-user|Deliveries|"seq"/,
      );
    // What was sent for the user is one delivery, once, and the page goes on.
    expect(app.requests).toHaveLength(1);
    expect((await command(tool, 'list', {})).deliveries).toMatchObject([{ attempts: 1 }]);
    await trigger(tool);
    await page.getByRole('row', { name: '#2 ' }).waitFor();
  });

  test('has no hold on a window that it opens', async () => {
    const { page, url } = await openPage();
    const other = await elsewhere(page, host);
    const [opened] = await Promise.all([
      page.context().waitForEvent('page'),
      other.evaluate(`opened = window.open(${JSON.stringify(url)}); null`),
    ]);
    await opened.getByRole('heading', { level: 1 }).waitFor();
    expect(await opened.evaluate('window.opener')).toBeNull();
    await waitFor(() => other.evaluate('opened.closed'));
  });
});

test('a name of the web that leads to this machine is told nothing, not even that a page is there', async () => {
  const { page, url } = await openPage();
  const rebound = url.replace('127.0.0.1', foreignName);
  const other = await page.context().newPage();
  for (const path of ['/', '/d/1', '/api/status', '/icon.svg', '/open/x']) {
    const answer = (await other.goto(rebound + path))!;
    expect([path, answer.status()]).toEqual([path, 403]);
    expect(await answer.json()).toMatchObject({ error: { code: 'refused' } });
  }
  const ends = await other.evaluate(attack, rebound);
  const told = Object.values(ends).filter((end) => /^(read (?!403)|open|loaded)/.test(end));
  expect(told).toEqual([]);
  expect(ends['read with the cookie']).toContain(`called by the name \\"${foreignName}`);
});

test('the cookie of another tool, on another port, lets nobody in', async () => {
  const { page, url } = await openPage();
  const second = startCli([]);
  const { origin, port } = new URL((await second.ready).inspectorUrl!);
  await page.goto(origin);
  await page.getByRole('heading', { name: 'Not let in yet' }).waitFor();
  const status = () => page.evaluate(async () => (await fetch('/api/status')).status);
  expect(await status()).toBe(401);
  // Not under the right name either.
  const [cookie] = await page.context().cookies(url);
  await page.context().addCookies([{ ...cookie!, name: `reducto-webhook-dev-${port}` }]);
  expect(await status()).toBe(401);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  expect(await page.evaluate('document.cookie')).toBe('');
});

test('a link lets one browser in, and the next one sees how to get its own', async () => {
  const tool = startCli([]);
  const link = (await tool.ready).inspectorUrl!;
  const [first, second] = [await newPage(), await newPage()];
  await first.goto(link);
  await first.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();
  expect(first.url()).toBe(`${new URL(link).origin}/`);
  await second.goto(link);
  await second.getByRole('heading', { name: 'Not let in yet' }).waitFor();
});

test('a password lets a browser in; wrong ones are slowed, and so is the right one after them', async () => {
  const lan = ['--inspector-host', '0.0.0.0', '--inspector-password', 'right'];
  const tool = startCli([...lan, '--inspector-port', '0']);
  const { origin } = new URL((await tool.ready).inspectorUrl!);
  const page = await newPage();
  await page.goto(origin);
  const attempt = async (password: string): Promise<void> => {
    await page.getByLabel(/the password/).fill(password);
    await page.getByRole('button', { name: 'Open' }).click();
  };
  await attempt('wrong');
  await page.getByText('That is not the password.').waitFor();
  const [wrong, right] = await page.evaluate(async () => {
    const logIn = async (password: string): Promise<number> => {
      const body = JSON.stringify({ password });
      const headers = { 'content-type': 'application/json' };
      return (await fetch('/login', { method: 'POST', headers, body })).status;
    };
    await logIn('wrong');
    const many = await Promise.all(Array.from({ length: 50 }, (_, i) => logIn(`guess ${i}`)));
    return [many, await logIn('right')];
  });
  // One a second is heard at the most; how many there were depends on the machine.
  expect(wrong.filter((status) => status === 429).length).toBeGreaterThan(40);
  expect([204, 429]).toContain(right);
  await waitFor(async () => {
    const answer = page.waitForResponse(/\/login$/);
    await attempt('right');
    return (await answer).ok();
  });
  await page.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();
});
