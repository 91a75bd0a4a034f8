import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { expect, test } from 'vitest';
import { type CheckRunSummary, mostCharacters, mostRuns } from '../../src/store/check-runs.ts';
import { newDelivery } from '../support/deliveries.ts';
import { openTemp } from './support.ts';

const run = (id: number, more: Partial<CheckRunSummary> = {}): CheckRunSummary => ({
  ...{
    id,
    kind: 'checks',
    startedAt: id * 1000,
    durationMs: 12.5,
    endpoint: 'http://localhost:3000/webhook',
  },
  ...{
    verdict: 'NO FAULT FOUND',
    exitCode: 0,
    interrupted: false,
    passed: 3,
    failed: 0,
    warnings: 0,
    notJudged: 1,
  },
  ...more,
});

/** Changes a closed history behind the store's back. */
function edit(dir: string, sql: string): void {
  const db = new sqlite.Database(join(dir, 'history.db'));
  db.exec('pragma locking_mode = exclusive');
  db.exec(sql);
  db.close();
}

test('what is put is there again after a restart, the newest first', async () => {
  const { store, dir } = openTemp();
  expect(store.checkRuns.nextId()).toBe(1);
  await store.checkRuns.put(run(1), '{"report":1}');
  await store.checkRuns.put(
    run(2, { kind: 'explore', interrupted: true, exitCode: 1, failed: 1 }),
    '{"report":2}',
  );
  await store.close();
  const again = openTemp({}, dir).store.checkRuns;
  expect(again.list({ limit: 10 })).toEqual([
    run(2, { kind: 'explore', interrupted: true, exitCode: 1, failed: 1 }),
    run(1),
  ]);
  expect(again.list({ limit: 10, before: 2 })).toEqual([run(1)]);
  expect(again.get(2)?.report).toBe('{"report":2}');
  expect([again.get(3), again.nextId()]).toEqual([null, 3]);
});

test('as many are kept as there is room for, by number and by length; the newest stays however long it is', async () => {
  const { store } = openTemp();
  const { checkRuns } = store;
  for (let id = 1; id <= mostRuns + 5; id++) await checkRuns.put(run(id), '{}');
  const ids = (): number[] => checkRuns.list({ limit: 1000 }).map(({ id }) => id);
  expect([ids().length, ids().at(-1)]).toEqual([mostRuns, 6]);
  const half = JSON.stringify('x'.repeat(mostCharacters / 2));
  await checkRuns.put(run(301), half);
  await checkRuns.put(run(302), half);
  expect(ids()).toEqual([302]);
  await checkRuns.put(run(303), JSON.stringify('x'.repeat(mostCharacters + 1)));
  expect(ids()).toEqual([303]);
});

test('clear removes them with the deliveries, and gives no number twice', async () => {
  const { store } = openTemp();
  await store.addDelivery(newDelivery());
  await store.checkRuns.put(run(1), '{}');
  await store.clear();
  expect([store.checkRuns.list({ limit: 10 }), store.checkRuns.nextId()]).toEqual([[], 2]);
});

test.each([
  ['kind', "'juggle'", 'kind holds other text, not one of checks, explore, scenarios'],
  ['started_at', "'soon'", 'started_at holds other text, not a time'],
  ['passed', '-1', 'passed holds a number, not a whole number'],
  ['endpoint', "x'00'", 'endpoint holds bytes, not text'],
  ['report', "'{\"cut'", 'report holds other text, not JSON'],
])('a damaged %s harms nothing but its run, which says so', async (column, value, damage) => {
  const { store, dir } = openTemp();
  for (const id of [1, 2, 3]) await store.checkRuns.put(run(id), '{}');
  await store.close();
  edit(dir, `update check_run set ${column} = ${value} where id = 2`);
  const { checkRuns } = openTemp({}, dir).store;
  expect(checkRuns.get(2)?.summary.damage).toEqual([damage]);
  expect(checkRuns.get(2)?.report).toBe(column === 'report' ? null : '{}');
  expect([checkRuns.get(1)?.summary, checkRuns.get(3)?.summary]).toEqual([run(1), run(3)]);
  expect(checkRuns.list({ limit: 10 }).map(({ id }) => id)).toEqual([3, 2, 1]);
  await checkRuns.put(run(4), '{}');
  expect(checkRuns.nextId()).toBe(5);
});
