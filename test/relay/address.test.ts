import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOf, senderOf } from '../../src/relay/address.ts';
import { addressGroup, parseRate, RateLimiter } from '../../src/relay/limits.ts';

const long = 'a'.repeat(63);

describe('the inbox of a target, which is neither decoded nor resolved', () => {
  test.each<[string, [string, string] | null]>([
    ['/in/box', ['box', '/']],
    ['/in/box/', ['box', '/']],
    ['/in/box/webhook', ['box', '/webhook']],
    ['/in/box?a=1', ['box', '/?a=1']],
    ['/in/box/?', ['box', '/?']],
    ['/in/box/a%2Fb?c=%3F', ['box', '/a%2Fb?c=%3F']],
    ['/in/box/../other', ['box', '/../other']],
    ['/in/box//in/other', ['box', '//in/other']],
    ['/in/box/%2e%2e/other', ['box', '/%2e%2e/other']],
    ['http://x.example/in/box/a', ['box', '/a']],
    ['HTTPS://x.example:99/in/box', ['box', '/']],
    [`/in/${long}/`, [long, '/']],
    [`/in/${long}a/`, null],
    ['/in/', null],
    ['/in', null],
    ['/in//box', null],
    ['//in/box', null],
    ['/IN/box', null],
    ['/in/Box', null],
    ['/in/%62ox', null],
    ['/in%2Fbox', null],
    ['/in/box%2Fother', null],
    ['/in/..', null],
    ['/in/../in/box', null],
    ['/in/box#a', null],
    ['/in/box;a', null],
    ['/in/-box', null],
    ['/in/box-/', null],
    ['http://x.example?/in/box', null],
    ['*', null],
    ['', null],
    ['box.example:443', null],
  ])('%s', (target, place) => {
    expect(placeOf(target, 'x', null)).toEqual(place && { inbox: place[0], target: place[1] });
  });
});

describe('the inbox of a host', () => {
  test.each<[string | undefined, string, [string, string] | null]>([
    ['box.hooks.example.com', '/a?b', ['box', '/a?b']],
    ['box.hooks.example.com:8443', '/', ['box', '/']],
    ['BOX.Hooks.Example.Com', '/in/other', ['box', '/in/other']],
    ['box.hooks.example.com', 'http://whatever/a', ['box', '/a']],
    ['box.hooks.example.com', 'http://whatever?a', ['box', '/?a']],
    ['a.box.hooks.example.com', '/in/other', null],
    ['-.hooks.example.com', '/', null],
    ['.hooks.example.com', '/', null],
    ['evilhooks.example.com', '/in/box', ['box', '/']],
    ['hooks.example.com', '/in/box/x', ['box', '/x']],
    ['hooks.example.com', '/', null],
    ['box.hooks.example.com.evil', '/', null],
    [undefined, '/in/box', ['box', '/']],
  ])('%s %s', (host, target, place) => {
    expect(placeOf(target, host, 'hooks.example.com')).toEqual(
      place && { inbox: place[0], target: place[1] },
    );
  });
});

const request = (address: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress: address }, headers: { 'x-forwarded-for': forwarded } }) as never;

test.each<[string | undefined, boolean, string]>([
  ['9.9.9.9', false, '1.1.1.1'],
  ['9.9.9.9', true, '9.9.9.9'],
  ['6.6.6.6, 9.9.9.9', true, '9.9.9.9'],
  [' ', true, '1.1.1.1'],
  [undefined, true, '1.1.1.1'],
])('X-Forwarded-For %j, trusted %s: sent by %s', (forwarded, trust, sender) => {
  expect(senderOf(request('1.1.1.1', forwarded), trust)).toBe(sender);
});

test.each([
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('%s counts as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});

test.each<[string, ReturnType<typeof parseRate>]>([
  ['100/s', { count: 100, perMs: 1000 }],
  ['6/m', { count: 6, perMs: 60_000 }],
  ['1/h', { count: 1, perMs: 3_600_000 }],
  ['0/s', null],
  ['-1/s', null],
  ['1.5/s', null],
  ['1/d', null],
  ['/s', null],
  ['1000000000000/s', null],
])('the rate %s', (text, rate) => {
  expect(parseRate(text)).toEqual(rate);
});

test('never more pass than the rate and its burst allow, and who waits as told may pass', () => {
  const steps = fc.array(fc.record({ who: fc.constantFrom('a', 'b'), after: fc.nat(500) }), {
    maxLength: 300,
  });
  const rates = fc.record({ count: fc.integer({ min: 1, max: 20 }), perMs: fc.constantFrom(1000, 60_000) });
  fc.assert(
    fc.property(rates, steps, (rate, asked) => {
      let now = 0;
      const limiter = new RateLimiter(rate, () => now);
      const passed: Record<string, number> = { a: 0, b: 0 };
      for (const { who, after } of asked) {
        now += after;
        const wait = limiter.take(who);
        if (wait === 0) passed[who]! += 1;
        expect(passed[who]).toBeLessThanOrEqual(rate.count + (now * rate.count) / rate.perMs + 1e-6);
      }
      const wait = limiter.take('a');
      now += wait;
      if (wait > 0) expect(limiter.take('a')).toBe(0);
    }),
    {
      examples: [
        [{ count: 2, perMs: 60_000 }, [0, 370, 383, 454, 108, 429, 86].map((after) => ({ who: 'a', after }))],
      ],
    },
  );
});

test('a flood of addresses is remembered in bounded memory, and who comes often is not forgotten for it', () => {
  let now = 0;
  const limiter = new RateLimiter({ count: 1, perMs: 3_600_000 }, () => now);
  expect(limiter.take('often')).toBe(0);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 500_000; i += 1) {
    now += 0.001;
    limiter.take(`address ${i}`);
    if (i % 5_000 === 0) expect(limiter.take('often')).toBeGreaterThan(0);
  }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
});
