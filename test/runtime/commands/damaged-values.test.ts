import { cpSync } from 'node:fs';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { printResult } from '../../../src/cli/result.ts';
import { UserError } from '../../../src/core/errors.ts';
import type { DeliveryDetail, DeliverySummary } from '../../../src/core/record.ts';
import type { CommandId, CommandResult } from '../../../src/runtime/commands/index.ts';
import { tabLines } from '../../../src/tui/tab-lines.ts';
import { openDetail, tabs } from '../../../src/view/detail.ts';
import { listRow } from '../../../src/view/row.ts';
import { type App, startApp } from '../../support/app.ts';
import { tempDir } from '../../support/cleanup.ts';
import { type Bench, startBench } from './context.ts';

// One damaged value, whatever it is and wherever it stands, harms nothing but what it belongs to: that is named, and can
// be removed.

/** What a flipped bit, or a fault of an older version, may leave in a column, as SQL. */
const damages: Record<string, string> = {
  nothing: 'null',
  'a fraction': '-7.5',
  'a number beyond all bounds': '4611686018427387904',
  'other text': "'x' || char(27) || '[31m{'",
  'broken JSON': `'{"secret":'`,
  'other JSON': `'[{"status":1e999,"headers":[["a"]]}]'`,
  bytes: "x'00ff7b'",
  'a long text': "printf('%.*c', 200000, '9')",
};

/** Columns that nothing but SQL's conditions read: a wrong one makes a filter miss its row, and no more. */
const unread = new Set(['verified', 'ack_status', 'traits', 'owed']);
/** What a row is found by. */
const keys = new Set(['delivery.seq', 'content.seq', 'attempt.delivery_seq']);

const columnsOf = {
  delivery:
    'id received_at source method target intake size status job_id metadata note verification verified ack ack_status attempts last_label last_code last_ms traits last_faulty owed',
  content: 'http_version remote_address headers body crc',
  attempt:
    'delivery_seq delivery_id number endpoint reason request request_body started_at duration_ms label response response_body message marks',
};

let app: App;
let whole: string;

beforeAll(async () => {
  app = await startApp();
  whole = tempDir();
  const bench = startBench({ endpoints: [app.url], dataDir: whole });
  for (let user = 1; user <= 3; user++) {
    const metadata = { user, secret: 's3cret' };
    const seq = await bench.add(JSON.stringify({ status: 'Completed', job_id: `job-${user}`, metadata }), {
      headers: [['Content-Type', 'application/json']],
    });
    await bench.store.acknowledge(bench.store.resolve(String(seq)), {
      ...{ status: 200, by: 'app', note: null, at: 1, durationMs: 2 },
    });
    await bench.run('replay', { id: String(seq), set: ['metadata.pages=3'] });
  }
  await bench.store.close();
  bench.store.close = async () => undefined;
  // A value may be one that its table would not take.
  edit(
    whole,
    "pragma writable_schema = on; update sqlite_schema set sql = replace(sql, 'not null', '') where type = 'table'",
  );
});

/** A history in which delivery #2 has one value changed. */
function damaged(table: string, column: string, value: string): Bench {
  const dataDir = tempDir();
  cpSync(whole, dataDir, { recursive: true });
  const key = table === 'attempt' ? 'delivery_seq' : 'seq';
  edit(dataDir, `update ${table} set ${column} = ${value} where ${key} = 2`);
  return startBench({ endpoints: [app.url], dataDir });
}

function edit(dataDir: string, sql: string): void {
  const db = new sqlite.Database(join(dataDir, 'history.db'));
  db.exec(`pragma locking_mode = exclusive; ${sql}`);
  db.close();
}

/** A command with what is printed of its result; an error has to be one that a user can act on. */
async function printed<K extends CommandId>(
  bench: Bench,
  id: K,
  args: object,
): Promise<CommandResult<K> | null> {
  try {
    const result = await bench.run(id, args as never);
    for (const output of ['plain', 'json'] as const) printResult(id, result, output);
    return result;
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return null;
  }
}

/** Lays out all that the screen has of a delivery. */
function draw(detail: DeliveryDetail): void {
  listRow(detail.delivery, 0);
  for (const tab of tabs) {
    const { lines } = tabLines({
      ...openDetail(2, tab),
      host: { edits: false, keys: {} },
      data: detail,
      columns: 80,
    });
    for (let at = 0; at < Math.min(lines.count, 100); at++) lines.at(at);
  }
}

const others = (deliveries: readonly DeliverySummary[]) => deliveries.filter(({ seq }) => seq !== 2);

describe.each(Object.entries(columnsOf))('in %s', (table, columns) => {
  test.each(columns.split(' '))(
    'a damaged %s harms nothing else, is named and can be removed',
    async (column) => {
      const quiet = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      const good = startBench({ dataDir: copyOf() });
      const expected = await good.run('list', {});
      for (const [what, value] of Object.entries(damages)) {
        const bench = damaged(table, column, value);
        const { deliveries } = await bench.run('list', {});
        expect(others(deliveries), what).toEqual(others(expected.deliveries));
        expect(deliveries.length).toBe(3);
        for (const filter of [
          '',
          'metadata.user:1',
          'metadata:*1*',
          'job-1',
          'grüße OR job:job-1',
          'code:200',
        ]) {
          const found = await printed(bench, 'list', { filter });
          expect(others(found!.deliveries).length, filter).toBeGreaterThan(0);
          await printed(bench, 'filter', { query: filter });
        }
        const shown = await printed(bench, 'show', { id: '2' });
        draw(shown!);
        for (const id of ['1', '3'])
          expect(await bench.run('show', { id })).toEqual(await good.run('show', { id }));
        for (const format of ['ndjson', 'har']) {
          const { text, exported, warnings } = (await printed(bench, 'export', { format }))!;
          expect(text, format).toMatch(/job-1.*job-3/s);
          if (exported < 3)
            expect(warnings).toEqual([expect.stringMatching(/^left out: #2 is damaged .*clear 2/)]);
          await printed(bench, 'export', { format, id: '2' });
        }
        const replayed = await printed(bench, 'replay', { filter: '' });
        expect(replayed!.sent).toBe(replayed!.warnings ? 2 : 3);
        for (const id of ['2', '1']) await printed(bench, 'replay', { id });
        await printed(bench, 'job', { id: '2' });
        await printed(bench, 'diff', { before: '1', after: '2' });
        bench.store.owed();
        if (what === 'bytes' && column !== 'body' && !column.endsWith('_body'))
          expectNamed(table, column, shown!);
        if (what === 'a fraction' && column.endsWith('body')) expectNamed(table, column, shown!);
        const named = deliveries.find(({ seq }) => seq === 2)!;
        await bench.run('clear', { id: '2' });
        expect(named.seq).toBe(2);
        expect((await bench.run('list', {})).deliveries.map(({ seq }) => seq)).toEqual([3, 1]);
        await bench.store.close();
        bench.store.close = async () => undefined;
      }
      expect(stderr.mock.calls.join('')).not.toMatch(/bug/);
      quiet.mockRestore();
      stderr.mockRestore();
    },
    60_000,
  );
});

function copyOf(): string {
  const dataDir = tempDir();
  cpSync(whole, dataDir, { recursive: true });
  return dataDir;
}

function expectNamed(table: string, column: string, { delivery, attempts }: DeliveryDetail): void {
  if (unread.has(column) || keys.has(`${table}.${column}`)) return;
  const said = table === 'attempt' ? attempts.flatMap(({ notes }) => notes).join() : String(delivery.note);
  expect(said).toMatch(new RegExp(`damaged in the history .*\\b${column} holds `));
}
