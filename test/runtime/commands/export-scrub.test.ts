import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FormatName, formats } from '../../../src/core/formats/index.ts';
import { Scrubber } from '../../../src/core/scrub/scrubber.ts';
import { standInSecrets } from '../../../src/core/scrub/secrets.ts';
import { signedHeaders, signingKey } from '../../../src/core/signature.ts';
import { createVerifier } from '../../../src/core/verification.ts';
import { tempDir } from '../../support/cleanup.ts';
import { acknowledged, answer, delivery, endedAttempt, payload } from '../../support/deliveries.ts';
import { startBench } from './context.ts';

/** What is somebody's, in the forms that it may come in. */
const person = fc.record({
  name: fc.string({ unit: fc.constantFrom(...'qxzjvkwQXZJVKWñßłж'), minLength: 6, maxLength: 12 }),
  id: fc.integer({ min: 10_000_000, max: 99_999_999 }).map(String),
});

/** Each form in which a reader of a file may find a value again. */
function traces(value: string): string[] {
  const bytes = Buffer.from(value);
  // Base64 depends on what stands before: three alignments, without what neighbours have a part in.
  const base64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(before === 0 ? 0 : 4, -4),
  );
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString('latin1'),
    ...base64,
  ].filter(({ length }) => length >= 4);
}

test.each(Object.keys(formats) as FormatName[])('no %s has anything of a person', (format) => {
  fc.assert(
    fc.property(person, ({ name, id }) => {
      const metadata = {
        customer: name,
        note: `from ${name}, ${id}`,
        account: Number(id),
        mail: `${name}@${name}.com`,
      };
      const body = payload(id, {
        ...metadata,
        deep: JSON.stringify(metadata),
        url: `https://x.io/${encodeURIComponent(name)}?u=${id}`,
      });
      const bodies = [
        Buffer.from(body),
        Buffer.from(`not JSON: ${name} ${id}`),
        Buffer.concat([Buffer.from([255, 0]), Buffer.from(name + id)]),
      ];
      const headers = [
        ['content-type', 'application/json'],
        ['x-user', Buffer.from(name).toString('latin1')],
        ['cookie', `u=${encodeURIComponent(name)}`],
        ['authorization', `Basic ${Buffer.from(`${name}:${id}`).toString('base64')}`],
      ] as const;
      const scrubber = new Scrubber(createHash('sha256').update(name).digest());
      const items = bodies.map((bytes) =>
        scrubber.item({
          delivery: delivery({
            ...{ body: bytes, headers, target: `/hook/${encodeURIComponent(name)}?id=${id}` },
            acknowledgement: acknowledged(200, 'app', { note: `--answer for ${name}` }),
          }),
          attempts: [
            endedAttempt(answer(200, bytes, headers), {
              request: { method: 'POST', url: `http://h.io/${encodeURIComponent(name)}`, headers },
            }),
          ],
        }),
      );
      const text = [...formats[format].write(items, { secrets: true, scrubbed: standInSecrets })].join('');
      const left = [...traces(name), ...traces(id), ...traces(`${name}:${id}`)].filter((trace) =>
        text.includes(trace),
      );
      expect(left).toEqual([]);
    }),
    { numRuns: 25, seed: 7 },
  );
});

test('a scrubbed file is imported again, and its signatures are good', async () => {
  const bench = startBench();
  const key = signingKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const body = payload('204a39e4-dd10-4c83-a978-0cee4af8cde2', { secret: 'hunter22', name: 'Lovelace' });
  const now = Date.now();
  const headers = [
    ['content-type', 'application/json'],
    ...signedHeaders(key, { id: 'msg_2abcdefghi', timestamp: Math.floor(now / 1000) }, Buffer.from(body)),
  ] as const;
  await bench.add(body, { headers });
  for (const format of ['ndjson', 'har', 'fixture'] as const) {
    const { text, scrubbed } = await bench.run('export', { id: '1', format, scrub: true });
    expect(text).not.toMatch(/Lovelace|hunter22|2abcdefghi/);
    expect(scrubbed).toMatchObject({ signed: 1, secrets: 1, ...standInSecrets });
    const file = join(tempDir(), 'scrubbed');
    writeFileSync(file, text!);
    const { last, masked } = await bench.run('import', { file });
    expect(masked).toBe(0);
    const imported = bench.store.delivery(last!)!;
    const verdicts = createVerifier(standInSecrets)(
      imported.headers,
      imported.body,
      imported.recognition,
      now,
    );
    expect([verdicts.secret?.verdict, verdicts.svix?.verdict]).toEqual(['ok', 'ok']);
    expect(imported.recognition).toMatchObject({ kind: 'reducto', status: 'Completed' });
  }
});

test('a value has one stand-in in an export, and another in the next', async () => {
  const bench = startBench({ endpoints: ['http://localhost:3000'] });
  await bench.add(payload('job-4711', { customer: 'Lovelace' }), { target: '/hook/Lovelace?job=4711' });
  await bench.add(payload('job-4711', { customer: 'Lovelace' }));
  const names = async (): Promise<string[]> => {
    const { text } = await bench.run('export', { scrub: true, format: 'curl' });
    return [...text!.matchAll(/"customer":"(\w+)"|localhost:3000\/hook\/(\w+)/g)].map(
      ([, one, two]) => one ?? two!,
    );
  };
  const [first, second] = [await names(), await names()];
  expect([first.length, new Set(first).size, new Set([...first, ...second]).size]).toEqual([3, 1, 2]);
});

test('naming a path asks for a scrub; secrets can not be asked for with it', async () => {
  const bench = startBench();
  await bench.add(payload('job-1', { kind: 'invoice', at: '2024-05-01' }));
  const { text } = await bench.run('export', { scrubKeep: 'metadata.kind', scrubPath: ['metadata.at'] });
  expect(text).toContain('\\"kind\\":\\"invoice\\"');
  expect(text).not.toMatch(/job-1|2024-05-01/);
  await expect(bench.run('export', { scrub: true, secrets: true })).rejects.toThrow(/no secrets/);
  await expect(bench.run('export', { scrubPath: 'a..b' })).rejects.toThrow(
    /--scrub-path: "a\.\.b" is not a path/,
  );
});
