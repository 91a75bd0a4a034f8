import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { withOffline } from '../../../src/runtime/offline.ts';
import { openTemp } from '../../store/support.ts';
import { tempDir } from '../../support/cleanup.ts';
import { newDelivery } from '../../support/deliveries.ts';
import { start } from '../start.ts';
import { startBench } from './context.ts';

/** Deliveries in the file, each of 100 bytes. */
const many = 120;
let file: string;

beforeEach(async () => {
  const bench = startBench();
  for (let i = 0; i < many; i++) await bench.add(`${i}`.padStart(100));
  file = join(tempDir(), 'deliveries.ndjson');
  await bench.run('export', { format: 'ndjson', file });
});

/** Ten deliveries that came by themselves, in a history that no `listen` has open. */
async function withOwn(): Promise<string> {
  const { store, dir } = openTemp();
  for (let i = 0; i < 10; i++) await store.addDelivery(newDelivery(`${i}`.padStart(100)));
  await store.close();
  return dir;
}

describe.each([
  ['deliveries', { keep: 50 }, 'keep', /room for 50 deliveries \(--keep\).*higher --keep/],
  [
    'bytes',
    { keepBytes: 5000 },
    'keepBytes',
    /room for 4.9 KB of bodies \(--keep-bytes\).*higher --keep-bytes/,
  ],
] as const)('an import over the limit in %s', (_, limits, limit, warning) => {
  test('tells a running tool’s user what could not be kept, and by which limit', async () => {
    const runtime = await start({ dataDir: await withOwn(), keep: 1000, ...limits });
    const result = await runtime.run('import', { file });
    expect(result).toMatchObject({ imported: many, notKept: 80, limit });
    expect(result.warnings).toEqual([
      expect.stringMatching(/^80 of these could not be kept.*import them again/),
    ]);
    expect(result.warnings[0]).toMatch(warning);
    const { deliveries } = await runtime.run('list', { limit: 1000 });
    expect(deliveries.map(({ source }) => source).sort()).toEqual([
      ...Array(40).fill('import'),
      ...Array(10).fill('tunnel'),
    ]);
  });

  test('keeps all where no tool runs, and tells what is going to go', async () => {
    const dataDir = await withOwn();
    const settings = { endpoints: [], timeoutMs: 1000, limits: { keep: 1000, keepBytes: 1e9, ...limits } };
    await withOffline(dataDir, settings, async (session) => {
      const result = await session.run('import', { file });
      expect(result).toMatchObject({ imported: many, notKept: 80, limit });
      expect(result.warnings).toEqual([expect.stringMatching(/^80 of these will go when listen starts/)]);
      expect((await session.run('list', { limit: 1000 })).deliveries).toHaveLength(10 + many);
    });
  });
});

test('an import within the limits says nothing of them', async () => {
  const runtime = await start({ keep: many });
  expect(await runtime.run('import', { file })).toMatchObject({ notKept: 0, warnings: [] });
});
