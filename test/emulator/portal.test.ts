import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { startEmulator } from './support.ts';

const page = async (url: string): Promise<string> =>
  (await fetch(`${url}/svix/portal`, { headers: { accept: 'text/html' } })).text();

/** A form as a browser would submit it. `fetch` would not let us name the origin. */
function submit(url: string, form: Record<string, string>, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const request = httpRequest(
      `${url}/svix/portal`,
      { method: 'POST', headers: { ...type, ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode!);
      },
    );
    request.on('error', reject).end(new URLSearchParams(form).toString());
  });
}

describe('the portal', () => {
  test('adds, lists and removes endpoints by its forms', async () => {
    const { url, emulator } = await startEmulator();
    expect(await page(url)).toContain('There is no endpoint yet');
    const form = { url: 'http://localhost:3000/webhook', channels: 'a, b,,a' };
    expect(await submit(url, form, { origin: url, 'sec-fetch-site': 'same-origin' })).toBe(303);
    const [endpoint] = emulator.endpoints.list();
    expect(endpoint).toMatchObject({
      url: 'http://localhost:3000/webhook',
      channels: ['a', 'b'],
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{32}$/),
    });
    const html = await page(url);
    const [before, after] = html.split('<details>');
    expect(before).not.toContain(endpoint!.secret);
    expect(after).toMatch(/^<summary>Signing secret: whsec_••••••<\/summary>/);
    expect(await submit(url, { remove: endpoint!.id }, { origin: url })).toBe(303);
    expect(emulator.endpoints.list()).toEqual([]);
  });

  test('is JSON for programs', async () => {
    const { call, emulator } = await startEmulator();
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const added = await call('POST', '/svix/portal', { url: 'https://example.com/x', secret });
    expect(added).toMatchObject({ status: 201, json: { channels: null, secret } });
    const { id } = added.json as { id: string };
    expect((await call('GET', '/svix/portal')).json).toEqual({ endpoints: emulator.endpoints.list() });
    expect((await call('DELETE', `/svix/portal/${id}`)).status).toBe(204);
    expect((await call('DELETE', `/svix/portal/${id}`)).status).toBe(404);
    for (const body of [
      {},
      { url: 'x' },
      { url: 'ftp://x/' },
      { url: 'javascript:alert(1)' },
      { url: 'http://x', secret: '?' },
    ])
      expect((await call('POST', '/svix/portal', body)).status).toBe(422);
  });

  test.each([
    [{ origin: 'https://evil.example.com' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://127.0.0.1:1' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ host: 'evil.example.com' }, 403],
    [{}, 303], // not a browser
  ] as [Record<string, string>, number][])('is changed by its own page only: %j', async (headers, status) => {
    const { url, emulator } = await startEmulator();
    expect(await submit(url, { url: 'http://localhost:1/' }, headers)).toBe(status);
    expect(emulator.endpoints.list()).toHaveLength(status === 303 ? 1 : 0);
  });

  test('escapes whatever it shows', async () => {
    const { url, emulator } = await startEmulator();
    const evil = `"><script>alert('x')</script>&`;
    await emulator.endpoints.add({ url: `http://localhost/?q='${evil}`, channels: [evil] });
    const html = await page(url);
    expect(html).not.toContain('<script');
    expect(html).toContain('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;');
    const response = await fetch(`${url}/svix/portal`, { headers: { accept: 'text/html' } });
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
