import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StandIns } from '../../../src/core/scrub/stand-ins.ts';
import { scrubText } from '../../../src/core/scrub/text.ts';

const standIns = new StandIns(Buffer.from('a key of this test'));
const scrub = (text: string): string => scrubText(text, standIns);

const uuid = '204a39e4-dd10-4c83-a978-0cee4af8cde2';

test.each<[what: string, text: string, shape: RegExp]>([
  ['a name', 'Ada Lovelace', /^[A-Z][a-z]{2} [A-Z][a-z]{7}$/],
  ['a name of other letters', 'Müller-Łukasz', /^[A-Z][à-ÿ][a-z]{4}-[\u0100-\u017f][a-z]{5}$/u],
  ['a name of another script', '王小明', /^[\u4e00-\u9fff]{3}$/],
  ['a mail address', 'ada.l@acme.co.uk', /^[a-z]{3}\.[a-z]@[a-z]{4}\.[a-z]{2}\.uk\.example$/],
  ['a phone number', '+49 151 2345-678', /^\+\d\d \d{3} \d{4}-\d{3}$/],
  ['an IBAN', 'DE89 3704 0044 0532 0130 00', /^[A-Z]{2}\d\d(?: \d{4}){4} \d\d$/],
  ['a card number', '4111-1111-1111-1111', /^[1-9]\d{3}(?:-\d{4}){3}$/],
  ['a UUID', uuid, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-a[\da-f]{3}-[\da-f]{12}$/],
  ['a hexadecimal id', '9f86d081884c7d65', /^[\da-f]{16}$/],
  ['an id with a prefix', 'cus_NffrFeUfNV2Hib', /^cus_[A-Za-z\d]{14}$/],
  ['a file name', 'invoice_smith.pdf', /^[a-z]{7}_[a-z]{5}\.pdf$/],
  ['a host of a URL', 'https://acme.io:8080/x', /^https:\/\/[a-z]{4}\.io\.example:8080\/[a-z]$/],
  [
    'parts of a URL',
    'https://h.test/api/webhook/Ada?user=7#x',
    /^https:\/\/h\.test\/api\/webhook\/[A-Z][a-z]{2}\?user=[1-9]#[a-z]$/,
  ],
  ['a user in a URL', 'ftp://ada:pass1@h.test/', /^ftp:\/\/[a-z]{3}:[a-z]{4}\d@h\.test\/$/],
  [
    'what a URL encodes',
    'http://h.test/?q=a%40b.de%26c+d',
    /^http:\/\/h\.test\/\?q=[a-z]%40[a-z]\.de\.example%26[a-z]\+[a-z]$/,
  ],
  ['an end of a sentence behind a URL', '(http://h.test/abc).', /^\(http:\/\/h\.test\/[a-z]{3}\)\.$/],
  ['JWT-like tokens', 'eyJhbGci.eyJzdWIi.SflKxwRJ', /^[A-Za-z\d]{8}\.[A-Za-z\d]{8}\.[A-Za-z\d]{8}$/],
])('%s keeps its shape', (_, text, shape) => {
  expect(scrub(text)).toMatch(shape);
  expect(scrub(text)).not.toBe(text);
});

test.each([
  ['2024-05-01'],
  ['2024-05-01T10:00:00.123Z'],
  ['2024-05-01 10:00:00+02:00'],
  ['127.0.0.1'],
  ['::1'],
  ['http://localhost:3000/webhook'],
  ['http://127.0.0.1:4142/api/v1/jobs'],
  ['•••••• – !'],
  [''],
])('%s stays', (text) => {
  expect(scrub(text)).toBe(text);
});

test.each([
  ['8.8.8.8', isIPv4, /./],
  ['192.168.3.4', isIPv4, /^192\.168\./],
  ['10.1.2.3', isIPv4, /^10\./],
  ['2001:db8::8a2e:370:7334', isIPv6, /^2001:/],
  ['::ffff:8.8.8.8', isIPv6, /^::ffff:/],
])('%s becomes another address of its kind', (address, isOne, kind) => {
  const other = scrub(`from ${address}!`).replace(/^\S+ (.*)!$/, '$1');
  expect([isOne(other), other === address]).toEqual([true, false]);
  expect(other).toMatch(kind);
});

test('the same value has the same stand-in wherever it stands', () => {
  const id = scrub(uuid);
  expect(scrub(`see https://h.test/job/${uuid}/x?id=${uuid}, or ${uuid}.`)).toContain(`/job/${id}/`);
  expect(scrub(`reducto://${uuid}.pdf`)).toBe(`reducto://${id}.pdf`);
  expect(scrub(`x ${uuid} y`)).toContain(` ${id} `);
  expect(scrub('ada@lovelace.com').startsWith(`${scrub('Ada').toLowerCase()}@${scrub('lovelace')}.`)).toBe(
    true,
  );
  expect(scrub('user 4711')).toContain(scrub('4711'));
  expect(scrub('+49 151 234567').replaceAll(' ', '')).toBe(scrub('+49151234567'));
});

test('the words of a long text can not be told by how often they come', () => {
  const text = `${'the cat '.repeat(30)} ${uuid}`;
  const prose = scrubText(text, standIns, { word: standIns.prose(text) });
  expect(new Set(prose.match(/\b[a-z]{3}\b/g)).size).toBeGreaterThan(50);
  expect(prose).toContain(scrub(uuid));
});

test('two words never have one stand-in, and none its own', () => {
  const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019äÖж王'), minLength: 1, maxLength: 24 });
  fc.assert(
    fc.property(word, word, (one, two) => {
      expect(scrub(one) === scrub(two)).toBe(one === two);
      // A lone 0 is no more than that.
      if (!/^0+$/.test(one)) expect(scrub(one)).not.toBe(one);
      expect([...scrub(one)].map(shapeOf)).toEqual([...one].map(shapeOf));
    }),
    { numRuns: 1000 },
  );
});

const shapeOf = (char: string): string =>
  ['Lu', 'Ll', 'Lo', 'Nd'].find((category) => new RegExp(`\\p{${category}}`, 'u').test(char)) ?? char;
