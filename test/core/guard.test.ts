import { describe, expect, test } from 'vitest';
import { type Origins, strangerOf } from '../../src/core/guard.ts';

const host = '127.0.0.1:4140';
describe('a request to a port of this machine', () => {
  test.each<[what: string, origins: Origins]>([
    ['a program', { host }],
    ['HTTP/1.0, which has no Host', {}],
    ['by name', { host: 'localhost:4140' }],
    ['a name below localhost', { host: 'app.localhost' }],
    ['IPv6', { host: '[::1]:4140' }],
    ['an address of this machine', { host: '192.0.2.7:4140' }],
    ['in any case', { host: 'LOCALHOST' }],
    ['a container', { host: 'webhook-dev:4140', origin: 'http://app:3000' }],
    ['a page of this machine', { host, origin: 'http://localhost:3000', fetchSite: 'same-site' }],
    [
      'a page of this machine, told as cross-site',
      { host, origin: 'http://localhost:3000', fetchSite: 'cross-site' },
    ],
    ['the address bar', { host, fetchSite: 'none' }],
    ['an allowed name', { host: 'hooks.example.com', origin: 'https://hooks.example.com' }],
    ['an allowed name in another case', { host: 'Hooks.Example.com:80' }],
    ['its own address', { host: '192.0.2.7:4140', origin: 'http://192.0.2.7:4140' }],
  ])('passes from %s', (_, origins) => {
    expect(strangerOf(origins, ['hooks.example.com'])).toBeNull();
  });

  test.each<[what: string, origins: Origins, why: RegExp]>([
    ['a rebound name', { host: 'evil.example:4140' }, /the name "evil\.example"/],
    ['a name that ends alike', { host: 'not.localhost.example' }, /the name/],
    ['a name that begins alike', { host: '127.0.0.1.evil.example' }, /the name/],
    ['no name', { host: '' }, /the name ""/],
    ['a foreign page', { host, origin: 'https://evil.example' }, /a web page of evil\.example/],
    ['a sandboxed page', { host, origin: 'null' }, /a web page of unknown origin/],
    ['a link on a foreign page', { host, fetchSite: 'cross-site' }, /another site/],
    ['a page of an address', { host, origin: 'http://198.51.100.1' }, /a web page of 198\.51\.100\.1/],
    [
      'a foreign page with an allowed host',
      { host: 'hooks.example.com', origin: 'https://evil.example' },
      /a web page/,
    ],
  ])('is refused from %s', (_, origins, why) => {
    expect(strangerOf(origins, ['hooks.example.com'])).toMatch(why);
  });

  test('passes from anybody where that was asked for', () => {
    expect(strangerOf({ host: 'evil.example', origin: 'https://evil.example' }, ['*'])).toBeNull();
  });
});
