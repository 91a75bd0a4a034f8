import { expect, test } from 'vitest';
import type { BodyRecord } from '../../src/core/record.ts';
import { tabLines } from '../../src/tui/tab-lines.ts';
import type { Tab } from '../../src/view/detail.ts';
import { textOf } from './draw.ts';
import { recordOf, summaryOf } from './fixtures/deliveries.ts';

const host = { edits: false, keys: {} };
const size = 10_000_000;
const bodies: [string, BodyRecord][] = [
  ['JSON', { encoding: 'utf8', data: `{"a":[${'1,'.repeat(size / 2)}1]}`, size, masked: false }],
  ['wide text', { encoding: 'utf8', data: '日本語😀'.repeat(size / 13), size, masked: false }],
  ['lines', { encoding: 'utf8', data: 'line\n'.repeat(size / 5), size, masked: false }],
  ['bytes', { encoding: 'base64', data: 'AP8A'.repeat(size / 3), size, masked: false }],
];

test.each(bodies)(
  'of 10 MB of %s as much is laid out as can be, and said to be cut where it is',
  (name, body) => {
    const delivery = { ...recordOf(summaryOf(1), new Uint8Array(), false), body };
    for (const tab of ['payload', 'raw'] satisfies Tab[]) {
      const { lines } = tabLines({
        data: { delivery, attempts: [] },
        tab,
        folds: new Set(),
        host,
        columns: 80,
      });
      const last = textOf(lines.at(lines.count - 1).spans);
      if (name !== 'bytes') expect(last).toContain('only the first 256,000 of');
      else expect(last).toMatch(/^00989670/);
    }
  },
);
