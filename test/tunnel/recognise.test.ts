import { describe, expect, test } from 'vitest';
import { createProbe } from '../../src/tunnel/probe.ts';
import { listen, never } from './support.ts';

interface Page {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

const html = { 'content-type': 'text/html; charset=utf-8' };
const cloudflare = { server: 'cloudflare', ...html };

/** What stands at a public URL in place of the receiver, and what is said of it. */
const pages: [string, Page, RegExp][] = [
  [
    "localtunnel's password page",
    { status: 511, headers: html, body: '<h1>loca.lt</h1><p>Tunnel Password: ask the person</p>' },
    /reminder page.*password/,
  ],
  [
    "localtunnel's page before that",
    { status: 401, headers: html, body: '<h1>Friendly Reminder</h1>' },
    /reminder page/,
  ],
  [
    'localtunnel without a client',
    {
      status: 503,
      headers: { 'x-localtunnel-status': 'Tunnel Unavailable' },
      body: '503 - Tunnel Unavailable',
    },
    /503: localtunnel has no connection to this machine/,
  ],
  [
    'localtunnel, unknown name',
    { status: 404, body: '404' },
    /404: the tunnel server no longer knows this name/,
  ],
  [
    'ngrok, offline',
    {
      status: 404,
      headers: { 'ngrok-error-code': 'ERR_NGROK_3200', ...html },
      body: '<p>The endpoint is offline.</p>',
    },
    /the endpoint is offline/,
  ],
  [
    'ngrok, by its page alone',
    { status: 404, headers: html, body: '<title>ERR_NGROK_3200</title>' },
    /the endpoint is offline/,
  ],
  [
    'ngrok, no receiver',
    { status: 502, headers: { 'ngrok-error-code': 'ERR_NGROK_8012' } },
    /could not reach the receiver/,
  ],
  [
    'ngrok, warning page',
    { status: 200, headers: html, body: '<p>You are about to visit … ERR_NGROK_6024</p>' },
    /^ngrok's warning page/,
  ],
  [
    'ngrok, limit',
    { status: 429, headers: { 'ngrok-error-code': 'ERR_NGROK_727' } },
    /no more requests of this account/,
  ],
  [
    'ngrok, any other error',
    { status: 400, headers: { 'ngrok-error-code': 'ERR_NGROK_3004' } },
    /an error of its own/,
  ],
  ['Cloudflare, no tunnel', { status: 530, headers: cloudflare, body: 'error code: 1033' }, /error 1033/],
  ['Cloudflare, no origin', { status: 530, headers: cloudflare, body: 'error code: 1016' }, /error 1016/],
  ['Cloudflare, rate limit', { status: 429, headers: cloudflare, body: 'error code: 1015' }, /error 1015/],
  [
    'Cloudflare, gateway',
    { status: 502, headers: cloudflare, body: '<h1>Bad gateway</h1>' },
    /Cloudflare got no answer/,
  ],
  [
    'Cloudflare, check for browsers',
    { status: 403, headers: { 'cf-mitigated': 'challenge', ...cloudflare }, body: 'Just a moment...' },
    /check for browsers/,
  ],
  ['localhost.run', { status: 503, body: 'no tunnel here :(' }, /localhost.run no longer knows this name/],
  [
    'pinggy, over',
    { status: 404, headers: html, body: '<h1>Pinggy: tunnel expired</h1>' },
    /the hour of a free tunnel is over/,
  ],
  [
    'pinggy, warning',
    { status: 200, headers: html, body: '<h1>Caution: Pinggy</h1>' },
    /^pinggy's warning page/,
  ],
  ['serveo', { status: 502, headers: html, body: 'Serveo: bad gateway' }, /serveo has no connection/],
  [
    'a captive portal, redirecting',
    { status: 302, headers: { location: 'http://login.hotel.example/' } },
    /302: a log-in page/,
  ],
  ['a captive portal, by its own status', { status: 511, body: 'log in' }, /511: a log-in page/],
  [
    'a captive portal, a page',
    { status: 200, headers: html, body: '<h1>Welcome to our Wi-Fi</h1>' },
    /^a web page is there instead/,
  ],
  ['a proxy', { status: 407 }, /407: a proxy/],
  ['a gateway: 502', { status: 502 }, /502: the tunnel server has no connection/],
  ['a gateway: 503', { status: 503 }, /503: .*overloaded/],
  ['a gateway: 504', { status: 504 }, /504: the tunnel server got no answer/],
  ['a rate limit', { status: 429 }, /429: the tunnel server takes no more/],
  ['anything else', { status: 418 }, /^answered with status 418$/],
];

describe('what stands at the public URL is named, and never taken for the receiver', () => {
  test.each(pages)('%s', async (_, { status, headers = {}, body = '' }, reason) => {
    const { url } = await listen((_request, response) => response.writeHead(status, headers).end(body));
    expect(await createProbe().check(url, never)).toEqual({
      ok: false,
      reason: expect.stringMatching(reason),
    });
  });
});
