import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attemptLine, deliveryLine, detailText } from '../../src/cli/format.ts';
import type { Attempt, Delivery, HeaderPair } from '../../src/core/delivery.ts';
import { type FormatName, formats } from '../../src/core/formats/index.ts';
import {
  attemptRecord,
  type DeliveryDetail,
  deliveryRecord,
  freshSummary,
  maskSummary,
} from '../../src/core/record.ts';
import { printableJson } from '../../src/core/text.ts';
import { shownAttempt } from '../../src/runtime/commands/show.ts';
import { acknowledged, answer, delivery, endedAttempt } from '../support/deliveries.ts';
import { hostileText } from '../support/matchers.ts';
import { item } from './formats/arbitraries.ts';

/** An attempt that took the whole delivery to the app, and its answer. */
const attemptOf = (of: Delivery, body: Uint8Array, headers: HeaderPair[]): Attempt =>
  endedAttempt(answer(200, body, headers), {
    request: { method: of.method, url: `http://localhost:3000${of.target}`, headers: of.headers },
  });

/** Everything that is printed of a delivery and an attempt: each format, show, list, JSON. */
function outputs(of: Delivery, attempt: Attempt, secrets: boolean): Record<string, string> {
  const exported = Object.keys(formats).map((name) => {
    const one = item({ ...of, acknowledgement: acknowledged(200, 'app') }, [attempt]);
    return [name, [...formats[name as FormatName].write([one], { secrets })].join('')];
  });
  const summary = freshSummary(of);
  const detail: DeliveryDetail = {
    delivery: deliveryRecord(of, summary, secrets),
    attempts: [shownAttempt(attempt, of, secrets)],
  };
  return {
    ...Object.fromEntries(exported),
    show: detailText(detail),
    list: deliveryLine(secrets ? summary : maskSummary(summary)),
    attempt: attemptLine(attemptRecord(attempt, secrets)),
    json: printableJson(JSON.stringify(detail)),
  };
}

describe('a secret', () => {
  const secret = 'hunter2hunter2';
  const json = Buffer.from(`{"status":"Completed","job_id":"j","metadata":{"secret":"${secret}"}}`);
  const form = 'application/x-www-form-urlencoded';
  const multipart = Buffer.from(
    `--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n${secret}\r\n--b--\r\n`,
  );
  const url = `https://a.test/?token=${secret}#access_token=${secret}`;
  const bodies: [string, Uint8Array, HeaderPair[]][] = [
    ['JSON', json, []],
    ['JSON in JSON', Buffer.from(JSON.stringify({ echo: String(json) })), []],
    ['cut off', json.subarray(0, -4), []],
    ['not UTF-8', Buffer.concat([json, Buffer.from([0xff, 0xe2])]), []],
    ['escaped', Buffer.from(String(json).replace('"secret"', '"\\u0073ecret"')), []],
    ['a form', Buffer.from(`a=1&api_key=${secret}`), [['Content-Type', form]]],
    ['JSON in a form', Buffer.from(`payload=${encodeURIComponent(String(json))}`), [['content-type', form]]],
    ['multipart', multipart, [['Content-Type', 'multipart/form-data; charset=x; boundary="b"']]],
    ...(['gzip', 'br', 'deflate'] as const).map((coding): [string, Uint8Array, HeaderPair[]] => [
      coding,
      { gzip: zlib.gzipSync, br: zlib.brotliCompressSync, deflate: zlib.deflateRawSync }[coding](json),
      [['Content-Encoding', coding]],
    ]),
  ];
  const headers: HeaderPair[] = [
    ['Authorization', `Basic ${Buffer.from(`user:${secret}`).toString('base64')}`],
    ['Cookie', `session=${secret}`],
    ['X-Auth', secret],
    ['Referer', url],
    ['X-Payload', String(json)],
  ];
  const forms = [
    secret,
    Buffer.from(secret).toString('hex'),
    ...[0, 1, 2].map((shift) =>
      Buffer.from(' '.repeat(shift) + secret)
        .toString('base64')
        .slice(4, 12),
    ),
  ];

  /** What of it can be read in a text, also in what stands there in base64, compressed or not. */
  function found(text: string): string[] {
    const inside = (text.match(/[A-Za-z0-9+/]{16,}={0,2}/g) ?? []).flatMap((piece) => {
      const bytes = Buffer.from(piece, 'base64');
      const ways = [zlib.gunzipSync, zlib.brotliDecompressSync, zlib.inflateRawSync, zlib.inflateSync];
      const decoded = ways.flatMap((way) => {
        try {
          return [way(bytes).toString('latin1')];
        } catch {
          return []; // not compressed so
        }
      });
      return [bytes.toString('latin1'), ...decoded];
    });
    return [text, ...inside].filter((each) => forms.some((form) => each.includes(form)));
  }

  test.each(bodies)('in a body (%s), a header, a target or an answer is in no output', (_, body, more) => {
    const one = delivery({
      body,
      headers: [...headers, ...more],
      target: `/x?token=${secret}&payload=${encodeURIComponent(String(json))}`,
    });
    const attempt = attemptOf(one, body, [['Location', url], ['Set-Cookie', `a=${secret}`], ...more]);
    for (const [name, text] of Object.entries(outputs(one, attempt, false)))
      expect(found(text), name).toEqual([]);
    for (const name of ['ndjson', 'har', 'fixture', 'json', 'show'])
      expect(found(outputs(one, attempt, true)[name]!), name).not.toEqual([]);
  });
});

describe('text of an outsider', () => {
  const bytes = Buffer.from(hostileText);
  const gzip: HeaderPair[] = [['Content-Encoding', 'gzip']];
  const wire = hostileText.replace(/[^\x20-\x7e\x80-\xff]/g, ' ');
  const hostile = (change: Partial<Delivery>): Delivery =>
    delivery({
      target: `/${encodeURI('x')}?${wire.replaceAll(' ', '')}`,
      httpVersion: '1.1\x1b[31m',
      remoteAddress: '\x1b]0;x\x07::error::x',
      headers: [['X-A', wire]],
      ...change,
    });

  test.each([
    ['as it is', bytes, []],
    ['compressed', zlib.gzipSync(bytes), gzip],
    [
      'as a job',
      Buffer.from(
        JSON.stringify({
          status: 'Completed',
          job_id: hostileText,
          metadata: { [hostileText]: hostileText },
        }),
      ),
      [],
    ],
  ] as [string, Uint8Array, HeaderPair[]][])('acts on nothing, in no output: %s', (_, body, more) => {
    const one = hostile({ body, headers: [['X-A', wire], ...more] });
    const attempt = attemptOf(one, body, [['X-B', wire], ...more]);
    for (const secrets of [true, false])
      for (const [name, text] of Object.entries(outputs(one, attempt, secrets)))
        expect(text, name).toBePrintable();
  });

  test('of any kind', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.uint8Array({ maxLength: 30 }),
        (text, body) => {
          const one = hostile({ body: Buffer.concat([Buffer.from(text), body]) });
          const attempt = attemptOf(one, Buffer.from(text), []);
          for (const [name, printed] of Object.entries(outputs(one, attempt, true)))
            expect(printed, name).toBePrintable();
        },
      ),
    );
  });
});
