/**
 * The schema, one step a version: step N brings a file from `user_version` N to N + 1. Steps are never edited,
 * only added. `delivery` is kept narrow, so that lists and filters never read a body.
 */
export const migrations: readonly string[] = [
  `
  create table delivery (
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
  );
  create index delivery_id on delivery (id);
  create index delivery_job on delivery (job_id collate nocase) where job_id is not null;
  create table content (
    seq integer primary key,
    http_version text not null,
    remote_address text not null,
    headers text not null,
    body blob not null
  );
  create table attempt (
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
  ) without rowid;
  create index attempt_delivery on attempt (delivery_seq);
  create table meta (key text primary key, value text not null) without rowid;
  `,
  // What was done to an attempt on purpose: {"faults":[…],"notes":[…]}, null for nothing.
  'alter table attempt add column marks text;',
  // The emulator's jobs, and what else it has to remember: uploads and registered webhook endpoints.
  `
  create table job (
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
  create index job_unfinished on job (seq) where ended_at is null or webhook_state = 'due';
  create index job_expiry on job (expires_at) where expires_at is not null;
  create table emulator_item (kind text not null, id text not null, value text not null, primary key (kind, id))
    without rowid;
  `,
  // What filters look for most, in the order of the list and a tenth of the size of the rows themselves. It grows at
  // its end only; the index on job ids, which it replaces, was written all over with every delivery.
  `
  drop index delivery_job;
  alter table delivery add column traits integer;
  create index delivery_scan on delivery (seq, job_id, traits);
  `,
  // Whether the last attempt had a fault in it on purpose.
  'alter table delivery add column last_faulty integer not null default 0;',
  // Fingerprints that take 10.0 and 10 for one: those that were made before are of no use.
  'update delivery set traits = null where traits is not null;',
  // The endpoints (names, as JSON) that a delivery was to be forwarded to when it was stored, and no attempt has been
  // begun to; and work under way. What of both is there at a start was cut short.
  `
  alter table delivery add column owed text;
  create index delivery_owed on delivery (seq) where owed is not null;
  create table work (id text primary key, label text not null, total integer, done integer not null,
    started_at integer not null) without rowid;
  `,
  // What tells whether a body is still the one that arrived (CRC-32); null for those from before.
  'alter table content add column crc integer;',
  // What was imported goes first when the history is too long.
  "create index delivery_imported on delivery (seq) where source = 'import';",
  // Past runs of the checks, each with its report as JSON. Numbers are not given twice.
  `
  create table check_run (id integer primary key autoincrement, kind text not null, started_at integer not null,
    duration_ms real not null, endpoint text not null, verdict text not null, exit_code integer not null,
    interrupted integer not null, passed integer not null, failed integer not null, warnings integer not null,
    not_judged integer not null, size integer not null, report text not null);
  `,
  // What a piece of work was told to do (JSON), and which step of it an attempt was (work/index/retry): the next start
  // does what is left.
  `
  alter table work add column plan text;
  alter table attempt add column work text;
  create index attempt_work on attempt (work) where work is not null;
  `,
  // The id that a relay gave a delivery: it may come more than once, and is stored once.
  `
  alter table content add column relay_id text;
  create unique index content_relay on content (relay_id) where relay_id is not null;
  `,
  // Those of deliveries that are not here any more: as many as a relay keeps of an inbox (`--max-deliveries`).
  `
  create table relay_gone (id integer primary key autoincrement, relay_id text not null unique);
  create trigger content_gone after delete on content when old.relay_id is not null begin
    insert or ignore into relay_gone (relay_id) values (old.relay_id);
    delete from relay_gone where id <= (select max(id) from relay_gone) - 100000;
  end;
  `,
  // Where long metadata stands in the body (bytes, the first being 1), which then is the only place where it does.
  `
  alter table delivery add column metadata_at integer;
  alter table delivery add column metadata_bytes integer;
  `,
  // The sizes too, so that what all deliveries hold is summed up at a start without a look at their rows.
  `
  drop index delivery_scan;
  create index delivery_scan on delivery (seq, job_id, traits, size);
  `,
];
