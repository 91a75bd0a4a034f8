import type { Shape } from '../store/database.ts';
import { type Salvaging, salvage } from '../store/salvage.ts';
import type { Row } from '../store/statements.ts';

/** The rows of a table that can be read, from both ends, by one of the ways that lead to them. */
function* readable(from: Salvaging, table: string, key: readonly string[]): Iterable<Row> {
  for (const [beyond, order] of [
    ['>', 'asc'],
    ['<', 'desc'],
  ]) {
    const end = `order by ${key.map((column) => `${column} ${order}`)} limit 1`;
    const next = `select * from ${table} where (${key}) ${beyond} (${key.map(() => '?')}) ${end}`;
    let rows = from.rows(`select * from ${table} ${end}`);
    for (let row = rows?.[0]; row !== undefined; row = rows?.[0]) {
      yield row;
      rows = from.rows(
        next,
        key.map((column) => row![column]!),
      );
    }
    if (rows !== null) return;
  }
}

function copyRelay(from: Salvaging, last: number): void {
  from.of = from.count(['not indexed', 'indexed by delivery_inbox']);
  for (const key of [['name'], ['key_digest', 'name']])
    for (const row of readable(from, 'inbox', key)) from.put('inbox', row);
  for (const row of readable(from, 'listener', ['inbox', 'id'])) from.put('listener', row);
  const [given] = from.rows("select seq from sqlite_sequence where name = 'delivery'") ?? [];
  const [found] = from.rows('select max(seq) as seq from delivery indexed by delivery_inbox') ?? [];
  const newest = Math.max(last, Number(given?.seq ?? 0), Number(found?.seq ?? 0));
  from.each('delivery', 'seq', newest, (row) => {
    if (from.put('delivery', row)) from.uncommitted += 1;
  });
}

/** The file of a relay that stands alone. */
export const relayShape: Shape = {
  migrations: [
    `
    create table inbox (name text primary key, key_digest text not null, made_at integer not null) without rowid;
    -- The same once more, on other pages: without its key a name would be anybody's.
    create index inbox_copy on inbox (key_digest, name, made_at);
    create table listener (
      inbox text not null,
      id text not null,
      -- All up to this number is on its own disk.
      floor integer not null,
      seen_at integer not null,
      primary key (inbox, id)
    ) without rowid;
    create table delivery (
      seq integer primary key autoincrement,
      inbox text not null,
      at integer not null,
      size integer not null,
      head text not null,
      body blob not null
    );
    create index delivery_inbox on delivery (inbox, seq, size);
    create index delivery_at on delivery (at);
    `,
  ],
  check: () => [].values(),
  salvage: (damaged, fresh, last) => salvage(damaged, fresh, last, copyRelay),
};
