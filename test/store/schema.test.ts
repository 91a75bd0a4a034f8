import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { migrations } from '../../src/store/schema.ts';
import { schemaNow } from '../../src/store/schema-now.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { tempDir } from '../support/cleanup.ts';
import { answer, newAttempt, newDelivery } from '../support/deliveries.ts';
import { attempt, openTemp } from './support.ts';

/** Runs SQL over a closed history. */
function edit(dir: string, ...statements: string[]): unknown[] {
  const db = new sqlite.Database(join(dir, 'history.db'));
  db.exec('pragma locking_mode = exclusive');
  try {
    return statements.map((sql) => db.all(sql)[0]);
  } finally {
    db.close();
  }
}

/** What the schema of a history is. */
const schema = (dir: string): unknown =>
  edit(dir, "select group_concat(sql, ';') as sql from (select sql from sqlite_schema order by name)")[0];

test('an empty folder becomes a history of the newest version', async () => {
  const { store, dir } = openTemp({}, join(tempDir(), 'data'));
  await store.addDelivery(newDelivery());
  await store.close();
  expect(edit(dir, 'pragma user_version')).toEqual([{ user_version: migrations.length }]);
});

test('what a history begins with is what all steps come to', () => {
  const db = new sqlite.Database(':memory:');
  db.exec(migrations.join(''));
  const made = db.all(
    "select sql from sqlite_schema where sql is not null and name <> 'sqlite_sequence' order by rowid",
  );
  db.close();
  expect(schemaNow).toBe(made.map(({ sql }) => `${sql};\n`).join(''));
});

test.each(migrations.map((_, version) => version))(
  'a history of version %d is brought up, with all that is in it',
  async (version) => {
    const dir = tempDir();
    const db = new sqlite.Database(join(dir, 'history.db'));
    for (const migration of migrations.slice(0, version)) db.exec(migration);
    db.exec(`pragma user_version = ${version}`);
    if (version > 0) {
      db.exec(`insert into delivery (seq, id, received_at, source, method, target, intake, size, attempts, last_label)
      values (7, 'dlv_old', 1, 'tunnel', 'POST', '/old', 'complete', 2, 1, 'refused')`);
      db.exec(
        `insert into content (seq, http_version, remote_address, headers, body) values (7, '1.1', '::1', '[["A","b"]]', x'7b7d')`,
      );
      db.exec(`insert into attempt (id, delivery_seq, delivery_id, number, endpoint, reason, request, started_at, label,
      message) values ('att_old', 7, 'dlv_old', 1, 'e', 'forward', '{"method":"POST","url":"u","headers":[]}', 1,
      'refused', 'no one there')`);
    }
    db.close();
    const { store } = openTemp({}, dir);
    if (version > 0) {
      expect(store.delivery(7)).toMatchObject({ id: 'dlv_old', target: '/old', headers: [['A', 'b']] });
      expect(store.attempts(7)).toMatchObject([
        { id: 'att_old', outcome: { kind: 'error', code: 'refused' } },
      ]);
    }
    const delivery = await store.addDelivery(newDelivery());
    await attempt(store, delivery, answer(200));
    expect(delivery.seq).toBe(version > 0 ? 8 : 1);
    await store.close();
    const fresh = openTemp();
    await fresh.store.close();
    expect(schema(dir)).toEqual(schema(fresh.dir));
  },
);

test('a history of a newer version is refused with advice, and not touched', async () => {
  const { store, dir } = openTemp();
  await store.addDelivery(newDelivery());
  await store.close();
  edit(dir, `pragma user_version = ${migrations.length + 1}`);
  const before = readFileSync(join(dir, 'history.db'));
  let thrown: unknown;
  try {
    openStore(dir);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(UserError);
  expect(thrown).toMatchObject({
    code: 'history-too-new',
    message: expect.stringMatching(/newer version.*--data/),
  });
  expect(readdirSync(dir)).toEqual(['history.db', 'history.db-last']);
  expect(readFileSync(join(dir, 'history.db')).equals(before)).toBe(true);
});

test('attempts that were under way when the process was killed are interrupted', async () => {
  const { store, dir } = openTemp();
  const [one, two] = [await store.addDelivery(newDelivery()), await store.addDelivery(newDelivery())];
  await attempt(store, one, answer(200));
  await store.startAttempt(newAttempt(two)).stored;
  const copy = tempDir();
  for (const name of ['history.db', 'history.db-wal'])
    writeFileSync(join(copy, name), readFileSync(join(dir, name)));
  mkdirSync(join(copy, 'history.db.lock'));
  const again = openTemp({}, copy).store;
  expect(again.attempts(one.seq)[0]!.outcome.kind).toBe('response');
  expect(again.attempts(two.seq)[0]!.outcome).toEqual({
    kind: 'error',
    code: 'interrupted',
    message: 'reducto-webhook-dev was stopped before the app answered',
  });
  expect(again.summary(two.seq)!.lastAttempt).toMatchObject({ label: 'interrupted', status: null });
  expect((await attempt(again, two, answer(200))).number).toBe(2);
});
