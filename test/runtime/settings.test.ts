import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../../src/runtime/settings.ts';

const path = '/project/reducto-webhook-dev.config.json';
const fromFlags = (flags: Record<string, unknown>) => resolveSettings(flags, {}, null);
const fromFile = (content: unknown) => resolveSettings({}, {}, { content, path });

describe('a setting is read', () => {
  test.each<[Record<string, unknown>, Record<string, unknown>]>([
    [{ port: '0' }, { port: 0 }],
    [{ port: '65535' }, { port: 65535 }],
    [{ timeout: '30s' }, { timeout: 30_000 }],
    [{ timeout: '1.5m' }, { timeout: 90_000 }],
    [{ maxBody: '10mb' }, { maxBody: 10 * 1024 * 1024 }],
    [{ maxBody: '4096' }, { maxBody: 4096 }],
    [{ keep: '5' }, { keep: 5 }],
    [{ ack: 'app' }, { ack: 'app' }],
    [{ ack: '204' }, { ack: 204 }],
    [{ tunnel: 'none' }, { tunnel: [] }],
    [{ tunnel: 'ssh, localtunnel' }, { tunnel: ['ssh', 'localtunnel'] }],
    [
      { svixSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      { svixSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
    ],
    [{ endpoint: [] }, {}],
  ])('%j from the command line', (flags, expected) => {
    expect(fromFlags(flags)).toEqual(expected);
  });

  test.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { port: 4141, timeout: '500ms', ack: 204, keep: 7, maxBody: 100 },
      { port: 4141, timeout: 500, ack: 204, keep: 7, maxBody: 100 },
    ],
    [
      { rejectUnverified: true, color: false, showSecrets: false },
      { rejectUnverified: true, color: false, showSecrets: false },
    ],
    [{}, {}],
  ])('%j from the file', (content, expected) => {
    expect(fromFile(content)).toEqual(expected);
  });

  test.each<[string | number, object]>([
    ['3000', { name: 'http://localhost:3000', origin: 'http://localhost:3000', path: null }],
    [3000, { origin: 'http://localhost:3000', path: null }],
    ['http://localhost:3000/', { path: null }],
    ['http://localhost:3000/a/b/', { name: 'http://localhost:3000/a/b/', path: '/a/b/' }],
    ['https://app.test', { origin: 'https://app.test' }],
    ['localhost:3000/hook', { origin: 'http://localhost:3000', path: '/hook' }],
    ['[::1]:3000', { origin: 'http://[::1]:3000', path: null }],
  ])('endpoint %j', (endpoint, expected) => {
    expect(fromFile({ endpoint }).endpoint).toEqual([expect.objectContaining(expected)]);
  });
});

describe('what comes first wins', () => {
  const file = { content: { secret: 'file', ack: 'now', color: true }, path };

  test('flags before environment before file', () => {
    const env = { WEBHOOK_SECRET: 'env' };
    expect(resolveSettings({ secret: 'flag' }, env, file)).toMatchObject({ secret: 'flag', ack: 'now' });
    expect(resolveSettings({}, env, file)).toMatchObject({ secret: 'env', ack: 'now' });
    expect(resolveSettings({}, {}, file)).toMatchObject({ secret: 'file', ack: 'now' });
  });

  test('and an empty variable is none', () => {
    expect(resolveSettings({}, { WEBHOOK_SECRET: '', NO_COLOR: '' }, file)).toMatchObject({
      secret: 'file',
      color: true,
    });
  });

  test('NO_COLOR means no colour', () => {
    expect(resolveSettings({}, { NO_COLOR: '1' }, file)).toMatchObject({ color: false });
  });

  test('endpoints on the command line replace those of the file', () => {
    const given = resolveSettings({ endpoint: ['5000'] }, {}, { content: { endpoint: [1, 2] }, path });
    expect(given.endpoint?.map(({ name }) => name)).toEqual(['http://localhost:5000']);
  });
});

describe('what is wrong is an error of usage that names it', () => {
  test.each<[Record<string, unknown>, RegExp]>([
    [{ port: '65536' }, /^--port: "65536"/],
    [{ port: '-1' }, /^--port: /],
    [{ port: '1e3' }, /^--port: /],
    [{ timeout: 'soon' }, /^--timeout: "soon" is not a duration such as 30s$/],
    [{ timeout: '0' }, /^--timeout: "0"/],
    [{ timeout: '100d' }, /^--timeout: "100d"/],
    [{ maxBody: 'big' }, /^--max-body: "big" is not a size such as 10mb$/],
    [{ maxBody: '-1' }, /^--max-body: /],
    [{ keep: '0' }, /^--keep: "0"/],
    [{ ack: 'maybe' }, /^--ack: "maybe" is not app, now or a status from 200 to 599$/],
    [{ ack: '99' }, /^--ack: "99"/],
    [{ ack: '101' }, /^--ack: "101"/],
    [{ tunnel: 'smoke' }, /^--tunnel: .*localtunnel/],
    [{ tunnelHost: 'me@' }, /^--tunnel-host: .*user@host:port/],
    [{ tunnel: 'ssh,ssh' }, /names a tunnel twice/],
    [{ tunnelPattern: '(' }, /^--tunnel-pattern: .*not a regular expression/],
    [{ publicUrl: 'hooks.example.com' }, /^--public-url: /],
    [{ tunnelHost: 'ftp://x' }, /^--tunnel-host: /],
    [{ output: 'xml' }, /^--output: .*json/],
    [{ data: '' }, /^--data: /],
    [{ secret: '' }, /^--secret: /],
    [{ endpoint: ['0'] }, /"0" is not a port/],
    [{ endpoint: ['65536'] }, /"65536" is not a port/],
    [{ endpoint: ['app'] }, /"app" is not a port or an http\(s\) URL/],
    [{ endpoint: ['ftp://localhost/'] }, /"ftp:\/\/localhost\/"/],
    [{ endpoint: ['http://user:pw@localhost'] }, /without user/],
    [{ endpoint: ['http://localhost/?a=b'] }, /query/],
    [{ endpoint: ['3000', 'x'] }, /"x"/],
  ])('%j on the command line', (flags, message) => {
    expect(() => fromFlags(flags)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }),
    );
  });

  test.each<[unknown, string]>([
    [{ prot: 1 }, 'there is no setting "prot"'],
    [JSON.parse('{"__proto__":{"port":1}}'), 'there is no setting "__proto__"'],
    [{ constructor: 1 }, 'there is no setting "constructor"'],
    [{ port: 'x' }, 'port: "x" is not'],
    [{ port: null }, 'port: '],
    [{ rejectUnverified: 'yes' }, 'rejectUnverified: '],
    [{ secret: 5 }, 'secret: '],
    [{ endpoint: [{}] }, 'endpoint: '],
    [[], 'must be a JSON object'],
    ['text', 'must be a JSON object'],
    [null, 'must be a JSON object'],
  ])('%j in the file', (content, message) => {
    expect(() => fromFile(content)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringContaining(`${path}: ${message}`.replace(`: must`, ': the configuration must')),
      }),
    );
  });

  test('in the environment', () => {
    expect(() => resolveSettings({}, { SVIX_SECRET: '@/no/such/file' }, null)).toThrow(/^SVIX_SECRET: /);
  });
});
