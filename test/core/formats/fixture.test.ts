import { describe, expect, it } from 'vitest';
import { fixture } from '../../../src/core/formats/fixture.ts';
import { readDeliveries } from '../../../src/core/formats/index.ts';
import { item } from './arbitraries.ts';

const written = (...bodies: string[]): string =>
  [
    ...fixture.write(
      bodies.map((body) => item({ body: Buffer.from(body, 'latin1') })),
      { secrets: true },
    ),
  ].join('');

describe('a fixture', () => {
  it('reads well', () => {
    expect(written('{"status":"Completed","job_id":"j1","metadata":{"tags":["a"]}}')).toBe(`{
  "fixture": 1,
  "receivedAt": "2026-05-06T07:08:09.010Z",
  "method": "POST",
  "path": "/webhook?a=1",
  "headers": [
    ["Host", "x.loca.lt"],
    ["Content-Type", "application/json"]
  ],
  "body": {
    "status": "Completed",
    "job_id": "j1",
    "metadata": {
      "tags": [
        "a"
      ]
    }
  }
}
`);
  });

  it.each([
    ['{"a":1}', 'body'],
    ['null', 'body'],
    ['{"a": 1}', 'bodyText'],
    ['{"a":1.0}', 'bodyText'],
    ['{"a":1,"a":1}', 'bodyText'],
    ['{"b":12345678901234567890}', 'bodyText'],
    [`${'['.repeat(501)}${']'.repeat(501)}`, 'bodyText'],
    ['hello', 'bodyText'],
    ['\xff', 'bodyBase64'],
  ])('keeps the bytes of %j in %s', (body, key) => {
    const json = JSON.parse(written(body)) as object;
    expect(Object.keys(json).filter((name) => name.startsWith('body'))).toEqual([key]);
  });

  it('is an array when there are several', () => {
    const text = written('1', '2', '3');
    expect((JSON.parse(text) as { body: number }[]).map(({ body }) => body)).toEqual([1, 2, 3]);
  });

  it('may be written by hand, with little in it', () => {
    const byHand = '\ufeff{"fixture":1,"path":"/hook","headers":{"X-A":"1"},"body":{"status":"Failed"}}';
    expect(readDeliveries(Buffer.from(byHand), 5).deliveries).toEqual([
      {
        receivedAt: 5,
        method: 'POST',
        target: '/hook',
        httpVersion: '1.1',
        headers: [['X-A', '1']],
        body: Buffer.from('{"status":"Failed"}'),
        remoteAddress: '',
        intake: 'complete',
        origin: { id: null, source: null },
        masked: false,
      },
    ]);
  });
});
