import { expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import type { Session } from '../../src/runtime/session.ts';
import { importText } from '../../src/view/import-text.ts';

type Run = (text: string) => { imported: number; warnings?: string[] };

/** A session whose import is `run`; numbers go on from 1. */
function sessionOf(run: Run): Session {
  let seq = 0;
  return {
    run: async (_: string, { text }: { text: string }) => {
      const { imported, warnings = [] } = run(text);
      const first = seq + 1;
      seq += imported;
      return { imported, first: imported ? first : null, last: imported ? seq : null, masked: 0, warnings };
    },
  } as unknown as Session;
}

const lines = (count: number): string => `{"v":1,"x":"${'y'.repeat(990)}"}\n`.repeat(count);
const written = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const follow = (onProgress: (part: number) => void = () => undefined) => ({
  signal: new AbortController().signal,
  onProgress,
});

test('lines go part by part, each whole and once, told by the numbers of the file; the rest goes at once', async () => {
  const parts: string[] = [];
  const progress: number[] = [];
  const session = sessionOf((text) => {
    parts.push(text);
    return { imported: written(text).length, warnings: [`line ${text.split('\n').length}`] };
  });
  const text = lines(2500).trimEnd();
  const result = await importText(
    session,
    { name: 'a', text },
    follow((part) => progress.push(part)),
  );
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.flatMap(written).join('\n')).toBe(text);
  expect(result).toMatchObject({ imported: 2500, first: 1, last: 2500 });
  expect(result.warnings.at(-1)).toBe('line 2500');
  expect(progress.at(-1)).toBe(1);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));

  parts.length = 0;
  const whole = `{\n"log": "${'y'.repeat(2_000_000)}"}`;
  await importText(session, { name: 'a.har', text: whole }, follow());
  expect(parts).toEqual([whole]);
  const large = { name: 'b.har', text: `[${' '.repeat(5_000_000)}]` };
  await expect(importText(session, large, follow())).rejects.toThrow('b.har is over 4 MB');
});

test('a long HAR file goes in parts that are HAR files, and what is wrong is told by its own entries', async () => {
  const parts: { log: { entries: { id: number }[] } }[] = [];
  const session = sessionOf((text) => {
    parts.push(JSON.parse(text) as (typeof parts)[number]);
    return { imported: parts.at(-1)!.log.entries.length, warnings: ['entry 2: odd'] };
  });
  const entries = Array.from({ length: 5_000 }, (_, id) => ({ id, text: 'y'.repeat(1000) }));
  const text = JSON.stringify({ log: { version: '1.2', pages: [], entries } }, null, 1);
  const progress: number[] = [];
  const result = await importText(
    session,
    { name: 'a.har', text },
    follow((part) => progress.push(part)),
  );
  expect(parts.length).toBeGreaterThan(3);
  expect(Math.max(...parts.map((part) => JSON.stringify(part).length))).toBeLessThan(1_100_000);
  expect(parts.flatMap(({ log }) => log.entries)).toEqual(entries);
  const begins = parts.map(({ log }) => log.entries[0]!.id);
  expect(result).toMatchObject({ imported: 5_000, warnings: begins.map((id) => `entry ${id + 2}: odd`) });
  expect(progress.at(-1)).toBe(1);
});

test('a part that can’t be read is told; one that is cancelled keeps what is in; nothing at all is a failure', async () => {
  const refuse = (): never => {
    throw new UserError('import', 'bad');
  };
  let calls = 0;
  const some = sessionOf((text) => (++calls === 1 ? refuse() : { imported: written(text).length }));
  const file = { name: 'a', text: lines(2500) };
  expect(await importText(some, file, follow())).toMatchObject({ warnings: ['bad'] });
  await expect(importText(sessionOf(refuse), file, follow())).rejects.toThrow('bad');

  const stop = new AbortController();
  const taken: number[] = [];
  const counting = sessionOf((text) => {
    taken.push(written(text).length);
    return { imported: taken[0]! };
  });
  const cancelled = await importText(counting, file, { signal: stop.signal, onProgress: () => stop.abort() });
  expect(taken).toEqual([Math.ceil((1024 * 1024) / lines(1).length)]);
  expect(cancelled.imported).toBe(taken[0]);
  expect(cancelled.warnings).toEqual(['Cancelled: the rest of the file was not imported.']);
});
