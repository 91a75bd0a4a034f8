import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { endpointUrl, parseEndpoint } from '../../src/core/endpoint.ts';
import { UserError } from '../../src/core/errors.ts';

describe('an endpoint', () => {
  test.each([
    ['3000', 'http://localhost:3000', null],
    ['1', 'http://localhost:1', null],
    ['65535', 'http://localhost:65535', null],
    ['80', 'http://localhost', null],
    ['localhost:3000', 'http://localhost:3000', null],
    ['127.0.0.1:3000/hook', 'http://127.0.0.1:3000', '/hook'],
    ['app.internal:8080/a/b/', 'http://app.internal:8080', '/a/b/'],
    ['[::1]:3000', 'http://[::1]:3000', null],
    ['http://[::1]:3000/hook', 'http://[::1]:3000', '/hook'],
    ['http://localhost:3000', 'http://localhost:3000', null],
    ['http://localhost:3000/', 'http://localhost:3000', null],
    ['http://localhost:3000/webhook', 'http://localhost:3000', '/webhook'],
    ['HTTP://LOCALHOST:3000/Hook', 'http://localhost:3000', '/Hook'],
    ['https://example.com', 'https://example.com', null],
    ['https://example.com:443/x', 'https://example.com', '/x'],
    ['http://localhost:3000/a%20b', 'http://localhost:3000', '/a%20b'],
  ])('%s', (text, origin, path) => {
    expect(parseEndpoint(text)).toEqual({ name: origin + (path ?? ''), origin, path });
  });

  test.each([
    '',
    ' ',
    '0',
    '65536',
    '99999999999999999999',
    '-1',
    '3000.5',
    '0x50',
    '3e3',
    ':3000',
    'localhost',
    'localhost:',
    'localhost:0',
    'http://localhost:0',
    'localhost:99999',
    'localhost:abc',
    '::1:3000',
    'example.com/hook',
    '/hook',
    'http://',
    'http:localhost',
    'ftp://localhost:21',
    'file:///etc/passwd',
    'javascript://x:1',
    'http://[::1',
    'a b:1',
    'http://localhost:3000?x=1',
    'http://localhost:3000/#x',
    'http://user:pass@localhost:3000',
    'user@localhost:3000',
  ])('is not %j', (text) => {
    let thrown: unknown;
    try {
      parseEndpoint(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UserError);
    expect(thrown).toMatchObject({
      code: 'endpoint',
      exitCode: 2,
      message: expect.stringContaining(`"${text}"`),
    });
  });

  test('is read, or refused with a UserError: nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true, withFragments: true })),
        (text) => {
          try {
            const { name } = parseEndpoint(text);
            expect(parseEndpoint(name).name).toBe(name);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
    );
  });
});

describe('the URL of a request', () => {
  const keep = parseEndpoint('3000');
  const fixed = parseEndpoint('http://localhost:3000/webhook');

  test.each([
    ['/', 'http://localhost:3000/', 'http://localhost:3000/webhook'],
    ['/a/b?x=1&y=%20', 'http://localhost:3000/a/b?x=1&y=%20', 'http://localhost:3000/webhook?x=1&y=%20'],
    ['/a?', 'http://localhost:3000/a?', 'http://localhost:3000/webhook?'],
    ['/?a=b?c', 'http://localhost:3000/?a=b?c', 'http://localhost:3000/webhook?a=b?c'],
    ['/a/../b//c', 'http://localhost:3000/a/../b//c', 'http://localhost:3000/webhook'],
    ['//evil.example/x', 'http://localhost:3000//evil.example/x', 'http://localhost:3000/webhook'],
    ['http://evil.example/p?q=1', 'http://localhost:3000/p?q=1', 'http://localhost:3000/webhook?q=1'],
    ['*', 'http://localhost:3000/', 'http://localhost:3000/webhook'],
    ['', 'http://localhost:3000/', 'http://localhost:3000/webhook'],
  ])('for the target %j', (target, kept, replaced) => {
    expect(endpointUrl(keep, target)).toBe(kept);
    expect(endpointUrl(fixed, target)).toBe(replaced);
  });

  test('never leads to another host, whatever the target', () => {
    expect(new URL(endpointUrl(keep, 'a:@evil.example/')).host).toBe('localhost:3000');
    const target = fc.oneof(
      fc.string({ unit: 'grapheme-ascii' }),
      fc.stringMatching(/^[a-z]{0,3}[:/@\\?#.]{0,4}[a-z.]{0,6}[:/@]?\d{0,2}$/),
      fc.webUrl(),
    );
    fc.assert(
      fc.property(
        target,
        (text) => void expect(new URL(endpointUrl(keep, text)).host).toBe('localhost:3000'),
      ),
      { numRuns: 1000 },
    );
  });
});
