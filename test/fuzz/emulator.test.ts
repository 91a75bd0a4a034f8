import http from 'node:http';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { startEmulator } from '../emulator/support.ts';

// Whatever a client sends, broken or hostile, the emulator answers it as an API does: never with 5xx, which would
// be a fault of its own, and it goes on.
let url: string;
beforeAll(async () => {
  ({ url } = await startEmulator());
});

interface Sent {
  method: string;
  /** As it goes onto the wire: `fetch` would make it valid. */
  path: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** The status of the answer; null where the connection was closed without one. */
const statusOf = ({ method, path, headers, body }: Sent): Promise<number | null> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const sent = { authorization: 'Bearer k', 'content-length': String(body?.length ?? 0), ...headers };
    const request = http.request({ hostname, port, method, path, headers: sent, agent: false }, (answer) => {
      answer.resume().on('close', () => resolve(answer.statusCode!));
    });
    request.on('error', () => resolve(null)).end(body);
  });

const expectAnswered = async (sent: Sent): Promise<void> => {
  const status = await statusOf(sent);
  expect(status, JSON.stringify(sent)).toBeGreaterThanOrEqual(200);
  expect(status, JSON.stringify(sent)).toBeLessThan(500);
};

const texts = (words: string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...words), { maxLength }).map((parts) => parts.join(''));

test.each(['/upload/', '/job/', '/cancel/', '/files/uploads/', '/files/', '/jobs/'])(
  'paths below %s',
  async (base) => {
    const words = [
      '%ff',
      '%',
      '%2',
      '%00',
      '%2f',
      '..',
      '/',
      'a',
      '?',
      'token=',
      '&',
      '%E4%B8%AD',
      '__proto__',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
        texts(words, 6),
        (method, rest) => expectAnswered({ method, path: base + rest }),
      ),
      { numRuns: 80 },
    );
  },
);

test('queries', async () => {
  const words = [
    'limit=',
    'cursor=',
    'status=',
    '-1',
    '1e99',
    '%ff',
    '&',
    '=',
    'a',
    'extension=',
    '__proto__',
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET /jobs', 'GET /job/x', 'POST /upload', 'GET /svix/portal'),
      texts(words, 8),
      (at, query) => {
        const [method, path] = at.split(' ') as [string, string];
        return expectAnswered({ method, path: `${path}?${query}` });
      },
    ),
    { numRuns: 150 },
  );
});

test('forms', async () => {
  const words = [
    ...['--B', '--', '\r\n', '\n', '\r', ': ', '; ', '=', '"', '\0', 'x', '\ud83d'],
    'Content-Disposition: form-data; name="file"; filename="a.pdf"',
    'Content-Disposition: form-data; name="file"',
    "Content-Disposition: form-data; name=file; filename*=UTF-8''%ff%",
    'Content-Transfer-Encoding: base64',
    'Content-Type: text/plain; charset=nonsense',
    '--B\r\nContent-Disposition: form-data; name="file"; filename="__proto__"\r\n\r\nx\r\n--B--\r\n',
  ];
  const types = ['', '; boundary=B', '; boundary=', '; boundary="B', '; boundary=B; charset=utf-9'];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...types), texts(words, 14), (type, body) =>
      expectAnswered({
        method: 'POST',
        path: '/upload',
        headers: { 'content-type': `multipart/form-data${type}` },
        body: Buffer.from(body),
      }),
    ),
    { numRuns: 300 },
  );
});

test('bodies that are no JSON, or are compressed as they say, or not', async () => {
  const words = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"input"',
    '"file"',
    '"async"',
    '1e999',
    'null',
    '\ufeff',
    '\\',
    '\0',
  ];
  const encodings = ['identity', 'gzip', 'deflate', 'br', 'zstd', 'nonsense', 'gzip, gzip'];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('/parse_async', '/extract', '/edit_async', '/upload', '/classify', '/svix/portal'),
      fc.constantFrom(...encodings),
      texts(words, 12),
      (path, encoding, body) =>
        expectAnswered({
          method: 'POST',
          path,
          headers: { 'content-encoding': encoding },
          body: Buffer.from(body),
        }),
    ),
    { numRuns: 200 },
  );
});

test('a form of more parts than anybody sends is refused before it is read; a long name is cut', async () => {
  const part = '--B\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n';
  const form = {
    method: 'POST',
    path: '/upload',
    headers: { 'content-type': 'multipart/form-data; boundary=B' },
  };
  expect(await statusOf({ ...form, body: Buffer.from(`${part.repeat(5000)}--B--\r\n`) })).toBe(400);
  const named = `--B\r\nContent-Disposition: form-data; name="file"; filename="${'n'.repeat(10_000)}.pdf"\r\n\r\nx\r\n--B--\r\n`;
  expect(await statusOf({ ...form, body: Buffer.from(named) })).toBe(200);
});
