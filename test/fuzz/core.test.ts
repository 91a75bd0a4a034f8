import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBody } from '../../src/core/content-coding.ts';
import { parseHeaderEdit, parseSet } from '../../src/core/edit.ts';
import { endpointUrl, parseEndpoint } from '../../src/core/endpoint.ts';
import { UserError } from '../../src/core/errors.ts';
import { parseFaults } from '../../src/core/faults/language.ts';
import { parseFilter } from '../../src/core/filter.ts';
import { readDeliveries } from '../../src/core/formats/index.ts';
import { endToEnd } from '../../src/core/headers.ts';
import { maskBody, maskHeaders, maskTarget } from '../../src/core/mask.ts';
import { parseMetadata } from '../../src/core/metadata.ts';
import { recognise } from '../../src/core/payload.ts';
import { retrySchedule } from '../../src/core/retry-schedule.ts';
import { sign, signatureHeaders, signingKey, verifySignature } from '../../src/core/signature.ts';
import { parseDuration, parseSize } from '../../src/core/units.ts';
import { countPages, plainPdf } from '../../src/emulator/pdf.ts';
import { filterToSql } from '../../src/store/filter-sql.ts';
import { brokenJson, textOf } from './texts.ts';

// Each parser is given what it was made for, broken: words of its own language in any order, and any characters
// between. Whatever it makes of it, it ends, and fails only with an error that its user can act on.
const runs = 1500;

const pairs = fc.array(
  fc.tuple(fc.string({ maxLength: 20 }), textOf(',', ';', '=', ' ', 'v1', 'close', 'gzip')),
  {
    maxLength: 6,
  },
);
const names = [
  'content-type',
  'content-encoding',
  'connection',
  'svix-signature',
  'svix-id',
  'svix-timestamp',
];
const headers = fc
  .tuple(
    pairs,
    fc.array(fc.tuple(fc.constantFrom(...names), textOf('multipart/form-data', ';', 'boundary=', '"', 'b'))),
  )
  .map((both): [string, string][] => both.flat());

const parsers: [string, fc.Arbitrary<string>, (text: string) => unknown][] = [
  [
    'filter',
    textOf(
      'status:',
      'metadata.',
      'a.b',
      ':',
      '(',
      ')',
      ' and ',
      ' OR ',
      'not ',
      '"',
      '*',
      '?',
      '>',
      '=',
      '[1 TO 2]',
      '\\',
      '-',
      '/',
    ),
    (text) => filterToSql(parseFilter(text)),
  ],
  [
    'fault language',
    textOf('drop', 'duplicate=2', ',', ':', '20%', ' ', '=', '1s', 'sender.', 'x=', '-1'),
    parseFaults,
  ],
  [
    'retry schedule',
    textOf('1s', ',', '5m', ' ', 'svix', 'reducto-direct', '-', '1e9h'),
    (text) => retrySchedule(text, 1, 2),
  ],
  ['duration', textOf('1', '.', 's', 'ms', 'h', 'd', '-', 'e9', ' '), parseDuration],
  ['size', textOf('1', '.', 'kb', 'MiB', 'gb', '-', 'e9', ' '), parseSize],
  [
    'endpoint',
    textOf('http://', 'localhost', ':', '3000', '/', '@', '[', ']', '?', '#', '//'),
    parseEndpoint,
  ],
  ['edit', textOf('metadata.', 'a', '=', ':=', '[', ']', '"', '{}', '.', '__proto__'), parseSet],
  [
    'metadata',
    textOf('a', '=', ':=', '{', '}', '"a":', '1', 'null', '__proto__', ',', '\\'),
    (text) => parseMetadata([text], undefined),
  ],
  ['header edit', textOf('X-A', ':', ' ', 'b', '\r\n'), parseHeaderEdit],
  ['signing key', textOf('whsec_', 'AAAA', '=', '+', ' ', "'"), signingKey],
  ['target', textOf('?', '&', '=', '#', '%', '%41', 'token', 'http://', '@', ':', '//', '\\'), maskTarget],
  ['payload', brokenJson, (text) => recognise(Buffer.from(text))],
];

test.each(parsers)('%s', (_name, texts, parse) => {
  fc.assert(
    fc.property(texts, (text) => {
      try {
        parse(text);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        expect(error.message.split('\n')).toHaveLength(1);
      }
    }),
    { numRuns: runs },
  );
});

test('a target never takes a command to another host than the app', () => {
  const app = parseEndpoint('http://localhost:3000');
  const targets = textOf(
    'http://evil.test',
    '//evil.test',
    '@evil.test',
    '\\',
    '/',
    ':',
    '[',
    '?',
    '#',
    'mailto:x',
    '.',
  );
  fc.assert(
    fc.property(targets, (target) => {
      const url = endpointUrl(app, target);
      expect(new URL(url).origin).toBe('http://localhost:3000');
      expect(url.startsWith('http://localhost:3000/')).toBe(true);
    }),
    { numRuns: runs },
  );
});

test('no signature is good but one that was made with the key, whatever the headers hold', () => {
  const key = Buffer.alloc(24, 7);
  const body = Buffer.from('{}');
  const now = 1_700_000_000_000;
  const entry = sign(key, 'msg_1', now / 1000, body);
  const digest = entry.slice(3);
  const id = fc.oneof({ weight: 3, arbitrary: fc.constant('msg_1') }, textOf('msg_', '1', '.', ' '));
  const timestamp = fc.oneof(
    { weight: 3, arbitrary: fc.constant('1700000000') },
    textOf('17', '0', '.', 'e9', '-'),
  );
  const signature = textOf(entry, digest, 'v1,', 'v1', 'v2,', ' ', ',', '=', entry.slice(0, 20));
  fc.assert(
    fc.property(id, timestamp, signature, (givenId, at, text) => {
      const headers = { prefix: 'svix', id: givenId, timestamp: at, signature: text } as const;
      const { verdict, reason } = verifySignature(key, headers, body, now);
      const right = givenId === 'msg_1' && at === '1700000000' && text.split(' ').includes(entry);
      expect(verdict === 'ok').toBe(right);
      expect(reason).toBePrintable();
      expect(reason).not.toContain(digest);
    }),
    { numRuns: runs },
  );
});

test('headers, and bodies by what their headers say: masking ends, and says the same twice', () => {
  fc.assert(
    fc.property(
      headers,
      fc.oneof(
        brokenJson.map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 200 }),
      ),
      (given, body) => {
        endToEnd(given);
        signatureHeaders(given);
        decodeBody(body, given);
        const once = maskBody(body, given);
        expect(Buffer.from(maskBody(once, given)).equals(once)).toBe(true);
        expect(maskHeaders(maskHeaders(given))).toEqual(maskHeaders(given));
      },
    ),
    { numRuns: runs },
  );
});

describe('files', () => {
  const har = textOf(
    '{"log":{"entries":[',
    '{"startedDateTime":"2026-01-01T00:00:00Z","request":',
    '{"method":"POST","url":"/a","headers":[]}',
    '}',
    ']',
    ',',
    '"postData":{"params":[{"name":"a"}]}',
    'null',
    '\n',
  );
  const lines = textOf(
    '{"v":1,"receivedAt":1,"method":"POST","target":"/","headers":[],"body":{"encoding":"utf8","data":""}}',
    '\n',
    '{"v":1',
    '}',
    '\ufeff',
  );
  const fixtures = textOf('[', ']', ',', '{"fixture":1,"path":"/"}', '{"fixture":1', '"body":{}', '}');

  test.each([
    ['HAR', har],
    ['ndjson', lines],
    ['fixture', fixtures],
    ['JSON', brokenJson],
  ])('%s', (_name, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        try {
          readDeliveries(Buffer.from(text), 0);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.message).toBePrintable();
          expect(error.exitCode).toBe(1);
        }
      }),
      { numRuns: runs },
    );
  });

  test('PDF', async () => {
    const good = plainPdf(3, 'text').toString('latin1');
    const broken = fc
      .tuple(
        fc.nat(good.length),
        fc.nat(40),
        textOf('obj', 'endobj', '<<', '>>', '/Pages', '/Kids [1 0 R]', '/Count 99', 'stream'),
      )
      .map(([at, length, by]) => good.slice(0, at) + by + good.slice(at + length));
    await fc.assert(
      fc.asyncProperty(broken, async (text) => {
        const pages = await countPages(Buffer.from(text, 'latin1'));
        expect(pages === null || pages >= 0).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
