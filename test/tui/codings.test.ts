import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { detailText } from '../../src/cli/format.ts';
import { bodyRecord } from '../../src/core/record.ts';
import { openDetail, type Tab } from '../../src/view/detail.ts';
import { initialState } from '../../src/view/state.ts';
import { draw } from './draw.ts';
import { attemptOf, recordOf, summaryOf } from './fixtures/deliveries.ts';
import { FakeSession } from './fixtures/fake-session.ts';

// An error page as Next.js sends it: compressed, and the one thing that says what is wrong.
const page = Buffer.from(`<h1>TypeError: no job</h1>${'<p>at handler (webhook.ts:12)</p>'.repeat(5)}`);

/** A Zstandard frame (RFC 8878, 3.1.1) of one raw block, so that it is there on a Node without zstd too. */
function zstdFrame(content: Buffer): Buffer {
  const block = (content.length << 3) | 1; // raw, and the last
  const head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, content.length, block & 255, (block >> 8) & 255, block >> 16];
  return Buffer.concat([Buffer.from(head), content]);
}

/** Whether this Node decodes zstd: from 22.15 on. */
const hasZstd = 'zstdDecompressSync' in zlib;

/** What is shown of a body in a delivery, and of the same as the app's answer. */
function shown(bytes: Buffer, coding: string): string[] {
  const headers: [string, string][] = [['content-encoding', coding]];
  const body = bodyRecord(bytes, { secrets: true, headers });
  const delivery = { ...recordOf(summaryOf(1), bytes, true), headers, body };
  const outcome = { kind: 'response', status: 500, headers, body } as const;
  const attempts = [{ ...attemptOf(summaryOf(1), 1, true), outcome }];
  const opened = (tab: Tab): string => {
    const detail = { ...openDetail(1, tab), data: { delivery, attempts } };
    return draw({ ...initialState(new FakeSession(0).status(), 0), detail }, { columns: 118, rows: 60 }).join(
      '\n',
    );
  };
  return [opened('payload'), opened('attempts'), detailText({ delivery, attempts })];
}

describe.each<[string, Buffer]>([
  ['gzip', zlib.gzipSync(page)],
  ['br', zlib.brotliCompressSync(page)],
  ['deflate', zlib.deflateSync(page)],
  ...(hasZstd ? [['zstd', zstdFrame(page)] as [string, Buffer]] : []),
])('a body compressed with %s', (coding, bytes) => {
  test('is readable in detail, attempt and show, with both its sizes', () => {
    for (const text of shown(Buffer.from(bytes), coding)) {
      expect(text).toContain('<h1>TypeError: no job</h1>');
      expect(text).toMatch(
        new RegExp(`ecoded from ${coding}: ${bytes.length} B as sent, ${page.length} B as read`),
      );
    }
  });
});

test.each([
  [
    'zstd',
    zstdFrame(page),
    hasZstd ? /ecoded from zstd/ : /zstd, which this Node can't read: Node 22\.15 and newer can/,
  ],
  ['lzma', Buffer.from([0xff, 1]), /content-encoding "lzma", which is not known here/],
  ['gzip', Buffer.from([0xff, 1]), /content-encoding gzip, but no text is in it/],
])('of %s that can not be read here it is said why, with its size', (coding, bytes, why) => {
  for (const text of shown(bytes, coding)) {
    expect(text.replace(/\s+/g, ' ')).toMatch(why);
    expect(text).toContain(`${bytes.length} B as sent`);
  }
});
