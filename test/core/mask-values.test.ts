import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskValues } from '../../src/core/mask-values.ts';

const forms = (secret: string): string[] => [
  secret,
  JSON.stringify(secret),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
];

test('a secret is hidden in every form, whatever the other one is', () => {
  const secret = fc.string({ minLength: 6, maxLength: 20, unit: fc.constantFrom(...'aZ9/+ "\\ü$') });
  const other = fc.constantFrom(undefined, '', 's', 'a', '.', '$&', 'other');
  fc.assert(
    fc.property(secret, other, (value, short) => {
      for (const form of forms(value)) {
        expect(maskValues(`x ${form} y`, [short, value])).not.toContain(form.replaceAll('"', ''));
        expect(maskValues(`x ${form} y`, [value, short])).not.toContain(form.replaceAll('"', ''));
      }
    }),
  );
});

test('a short one is hidden where it stands alone, and tears no word apart', () => {
  expect(maskValues('it answered "s" (s) to secrets', ['s'])).toBe(
    'it answered "••••••" (••••••) to secrets',
  );
  expect(maskValues('a.b', ['.'])).toBe('a.b');
});
