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
import { recognise } from '../../src/core/payload.ts';
import { retrySchedule } from '../../src/core/retry-schedule.ts';
import { signatureHeaders, signingKey } from '../../src/core/signature.ts';
import { parseDuration, parseSize } from '../../src/core/units.ts';
import { countPages, plainPdf } from '../../src/emulator/pdf.ts';
import { filterToSql } from '../../src/store/filter-sql.ts';

// Each parser is given what it was made for, broken: words of its own language in any order, and any characters
// between. Whatever it makes of it, it ends, and fails only with an error that its user can act on.
const runs = 1500;

/** Texts of a language: its words and any other characters. */
const textOf = (...words: string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...words) },
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join(''));

const json = textOf(
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '"a"',
  '1',
  '1e999',
  'null',
  '__proto__',
  ' ',
  '\n',
);
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
  ['header edit', textOf('X-A', ':', ' ', 'b', '\r\n'), parseHeaderEdit],
  ['signing key', textOf('whsec_', 'AAAA', '=', '+', ' ', "'"), signingKey],
  ['target', textOf('?', '&', '=', '#', '%', '%41', 'token', 'http://', '@', ':', '//', '\\'), maskTarget],
  ['payload', json, (text) => recognise(Buffer.from(text))],
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

test('headers, and bodies by what their headers say: masking ends, and says the same twice', () => {
  fc.assert(
    fc.property(
      headers,
      fc.oneof(
        json.map((text) => Buffer.from(text)),
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
    ['JSON', json],
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
