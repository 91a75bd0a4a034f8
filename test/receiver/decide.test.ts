import { describe, expect, test } from 'vitest';
import type { Delivery, Intake } from '../../src/core/delivery.ts';
import type { SenderPlan } from '../../src/core/faults/fault.ts';
import {
  type AckPolicy,
  answerAtOnce,
  type Head,
  insteadOfApp,
  refusedDelivery,
  refusedHead,
} from '../../src/receiver/decide.ts';

describe('a request is taken or refused by its head', () => {
  const head = (given: Partial<Head>): Head => ({
    ...{ method: 'POST', target: '/webhook', httpVersion: '1.1', host: 'localhost:4140' },
    ...given,
  });
  test.each<[what: string, head: Partial<Head>, status: number | null]>([
    ['a path', {}, null],
    ['an empty path of an absolute URL', { target: 'http://localhost:4140' }, null],
    ['an absolute URL', { target: 'http://elsewhere.example/x?y' }, null],
    ['an absolute URL in capitals', { target: 'HTTPS://elsewhere.example/x' }, null],
    ['OPTIONS *', { method: 'OPTIONS', target: '*' }, null],
    ['POST *', { target: '*' }, 400],
    ['a URL that is none', { target: 'http://[' }, 400],
    ['a URL of another kind', { target: 'ftp://elsewhere.example/' }, 400],
    ['an authority', { target: 'elsewhere.example:443' }, 400],
    ['a path without a slash', { target: 'webhook' }, 400],
    ['an empty target', { target: '' }, 400],
    ['no Host in HTTP/1.1', { host: undefined }, 400],
    ['no Host in HTTP/1.0', { host: undefined, httpVersion: '1.0' }, null],
    ['HTTP/0.9', { httpVersion: '0.9', host: undefined }, 400],
    ['HTTP/2', { httpVersion: '2.0' }, 400],
    ['a rebound name', { host: 'evil.example' }, 403],
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['a link on a foreign page', { fetchSite: 'cross-site' }, 403],
    ['an allowed host', { host: 'hooks.example.com' }, null],
  ])('%s', (_, given, status) => {
    const answer = refusedHead(head(given), ['hooks.example.com']);
    expect(answer?.status ?? null).toBe(status);
    if (answer) expect(answer.note).toMatch(/^it/);
  });

  test('at a port where everybody may come in, only its form counts', () => {
    expect(refusedHead(head({ host: 'evil.example', origin: 'https://evil.example' }), null)).toBeNull();
    expect(refusedHead(head({ host: 'evil.example', target: 'x' }), null)?.status).toBe(400);
  });
});

describe('a delivery is kept from the app', () => {
  const ok = { verdict: 'ok', reason: '' } as const;
  const bad = { verdict: 'mismatch', reason: '' } as const;
  test.each<[Intake, Delivery['verification'], reject: boolean, status: number | null]>([
    ['complete', { secret: null, svix: null }, true, null],
    ['complete', { secret: ok, svix: null }, true, null],
    ['complete', { secret: bad, svix: null }, true, 401],
    ['complete', { secret: ok, svix: bad }, true, 401],
    ['complete', { secret: bad, svix: bad }, false, null],
    ['too-large', { secret: ok, svix: null }, false, 413],
    ['aborted', { secret: bad, svix: null }, true, 401],
  ])('%s, %j, --reject-unverified %s: %s', (intake, verification, rejectUnverified, status) => {
    const settings = { maxBody: 1000, rejectUnverified };
    expect(refusedDelivery({ intake, verification }, settings)?.status ?? null).toBe(status);
  });
});

test.each<[SenderPlan['instead'], status: number | null | undefined]>([
  [null, undefined],
  [{ kind: 'status', status: 503 }, 503],
  [{ kind: 'reset' }, null],
  [{ kind: 'hang' }, null],
])('a fault in place of the app: %j', (instead, status) => {
  expect(insteadOfApp({ instead })?.status).toBe(status);
});

describe('the sender is answered', () => {
  const post = { method: 'POST', target: '/', headers: [] };
  const browser = { method: 'GET', target: '/', headers: [['Accept', 'text/html,*/*']] as const };
  test.each<[AckPolicy, captureOnly: boolean, lose: SenderPlan['lose'], status: number | null | undefined]>([
    ['app', false, null, undefined],
    ['app', true, null, 200],
    ['now', false, null, 200],
    [503, false, null, 503],
    [204, true, null, 204],
    ['app', false, { kind: 'status', status: 504 }, undefined],
    ['now', false, { kind: 'status', status: 504 }, 504],
    ['app', true, { kind: 'reset' }, null],
  ])('--ack %s, no app %s, lost %j: %s', (ack, captureOnly, lose, status) => {
    expect(answerAtOnce(post, { lose }, { ack, captureOnly })?.status).toBe(status);
  });

  test('with a page where a person looks in', () => {
    const policy = { ack: 'app', captureOnly: true } as const;
    expect(String(answerAtOnce(browser, { lose: null }, policy)?.body)).toContain('<html');
    expect(String(answerAtOnce(post, { lose: null }, policy)?.body)).toBe('{}');
  });
});
