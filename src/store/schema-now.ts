/**
 * What all steps of `migrations` come to (schema.ts), for a file that begins now: they take 20 times as long, since
 * most of them have the engine write and read the whole schema anew. A test holds it equal to them, and prints what it is
 * to be when a step is added.
 */
export const schemaNow = `CREATE TABLE delivery (
    seq integer primary key,
    id text not null,
    received_at integer not null,
    source text not null,
    method text not null,
    target text not null,
    intake text not null,
    size integer not null,
    status text,
    job_id text,
    metadata text,
    note text,
    verification text,
    verified integer,
    ack text,
    ack_status integer,
    attempts integer not null default 0,
    last_label text,
    last_code integer,
    last_ms real
  , traits integer, last_faulty integer not null default 0, owed text, metadata_at integer, metadata_bytes integer);
CREATE INDEX delivery_id on delivery (id);
CREATE TABLE content (
    seq integer primary key,
    http_version text not null,
    remote_address text not null,
    headers text not null,
    body blob not null
  , crc integer, relay_id text);
CREATE TABLE attempt (
    id text primary key,
    delivery_seq integer not null,
    delivery_id text not null,
    number integer not null,
    endpoint text not null,
    reason text not null,
    request text not null,
    request_body blob,
    started_at integer not null,
    duration_ms real,
    label text not null,
    response text,
    response_body blob,
    message text
  , marks text, work text) without rowid;
CREATE INDEX attempt_delivery on attempt (delivery_seq);
CREATE TABLE meta (key text primary key, value text not null) without rowid;
CREATE TABLE job (
    seq integer primary key autoincrement,
    id text not null unique,
    type text not null,
    status text not null,
    created_at integer not null,
    ends_at integer,
    outcome text not null,
    reason text,
    ended_at integer,
    expires_at integer,
    seed integer not null,
    pages integer not null,
    total_pages integer not null,
    config text not null,
    webhook text,
    metadata text,
    webhook_state text
  );
CREATE INDEX job_unfinished on job (seq) where ended_at is null or webhook_state = 'due';
CREATE INDEX job_expiry on job (expires_at) where expires_at is not null;
CREATE TABLE emulator_item (kind text not null, id text not null, value text not null, primary key (kind, id))
    without rowid;
CREATE INDEX delivery_owed on delivery (seq) where owed is not null;
CREATE TABLE work (id text primary key, label text not null, total integer, done integer not null,
    started_at integer not null, plan text) without rowid;
CREATE INDEX delivery_imported on delivery (seq) where source = 'import';
CREATE TABLE check_run (id integer primary key autoincrement, kind text not null, started_at integer not null,
    duration_ms real not null, endpoint text not null, verdict text not null, exit_code integer not null,
    interrupted integer not null, passed integer not null, failed integer not null, warnings integer not null,
    not_judged integer not null, size integer not null, report text not null);
CREATE INDEX attempt_work on attempt (work) where work is not null;
CREATE UNIQUE INDEX content_relay on content (relay_id) where relay_id is not null;
CREATE TABLE relay_gone (id integer primary key autoincrement, relay_id text not null unique);
CREATE TRIGGER content_gone after delete on content when old.relay_id is not null begin
    insert or ignore into relay_gone (relay_id) values (old.relay_id);
    delete from relay_gone where id <= (select max(id) from relay_gone) - 100000;
  end;
CREATE INDEX delivery_scan on delivery (seq, job_id, traits, size);
`;
