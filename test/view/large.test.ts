import { expect, test } from 'vitest';
import type { BodyRecord } from '../../src/core/record.ts';
import { openDetail, scrollBy, settleDetail, type Tab } from '../../src/view/detail.ts';
import { detailLines } from '../../src/view/detail-lines.ts';
import { recordOf, summaryOf } from '../tui/fixtures/deliveries.ts';

const size = 10_000_000;
const bodies: [string, BodyRecord][] = [
  ['JSON', { encoding: 'utf8', data: `{"a":[${'1,'.repeat(size / 2)}1]}`, size, masked: false }],
  ['wide text', { encoding: 'utf8', data: '日本語😀'.repeat(size / 13), size, masked: false }],
  ['lines', { encoding: 'utf8', data: 'line\n'.repeat(size / 5), size, masked: false }],
  ['bytes', { encoding: 'base64', data: 'AP8A'.repeat(size / 3), size, masked: false }],
];

test.each(bodies)('10 MB of %s are shown without a wait, and said to be cut where they are', (name, body) => {
  const delivery = { ...recordOf(summaryOf(1), new Uint8Array(), false), body };
  for (const tab of ['payload', 'raw'] satisfies Tab[]) {
    const start = performance.now();
    const detail = settleDetail({
      ...openDetail(1, { tab, rows: 20, columns: 80 }),
      data: { delivery, attempts: [] },
    });
    const end = scrollBy(detail, 1e9);
    const { lines } = detailLines(end);
    // Generous: the point is that it doesn't grow with the body.
    expect(performance.now() - start).toBeLessThan(3_000);
    const last = lines
      .at(lines.count - 1)
      .spans.map(({ text }) => text)
      .join('');
    if (name !== 'bytes') expect(last).toContain('only the first 256,000 of');
    else expect(last).toMatch(/^00989670/);
  }
});
