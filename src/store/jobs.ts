import type { JSValue } from 'node-sqlite3-wasm';
import * as z from 'zod';
import { JsonText, printJson } from '../core/json.ts';
import * as is from './columns.ts';
import type { HistoryFile, Row } from './database.ts';

/** What a job of the emulated API does, in the words of the published schema. */
export type JobType = 'Parse' | 'Extract' | 'Split' | 'Edit' | 'Pipeline' | 'Classify';

/** Every status that the published schema knows, of `/job/{id}` and `/jobs` together. */
export type JobStatus =
  | 'Pending'
  | 'Idle'
  | 'InProgress'
  | 'Completing'
  | 'Completed'
  | 'Failed'
  | 'Cancelled';

/** Whom a job's end is told: nobody (null), one URL, or the endpoints registered for these channels. */
export type WebhookTarget =
  | { mode: 'direct'; url: string }
  | { mode: 'svix'; channels: string[] | null }
  | null;

/** A job of the emulated API. Its result is not kept: it is made from these fields whenever it is asked for. */
export interface StoredJob {
  id: string;
  type: JobType;
  status: JobStatus;
  /** ms since the epoch, as all times here. */
  createdAt: number;
  /** When its processing ends; null when it stays as it is until someone ends it. */
  endsAt: number | null;
  /** How it is going to end. */
  outcome: 'Completed' | 'Failed';
  /** Why it failed; also kept while it still runs. */
  reason: string | null;
  endedAt: number | null;
  /** From then on nobody knows it any more; null for never (`persist_results`) or not yet. */
  expiresAt: number | null;
  /** Whence its result comes. */
  seed: number;
  /** Pages that are processed, and pages of the document. */
  pages: number;
  totalPages: number;
  /** The body it was submitted with. */
  config: Record<string, unknown>;
  /** The same as JSON, with numbers and keys as they were written. */
  configText: string;
  webhook: WebhookTarget;
  /** What the webhook carries, with {@link JsonText} where it was written as JSON; undefined when none was given. */
  metadata: unknown;
  /** `due`: to be sent, also after a restart; `tried`: its first attempt has been made; null: none, or not yet. */
  webhookState: 'due' | 'tried' | null;
}

/** A stored job with its position, from 1 up in the order of submission. */
export type NumberedJob = StoredJob & { seq: number };

/** What a restart has to know and a job does not hold: uploads and registered webhook endpoints. */
export type ItemKind = 'upload' | 'endpoint';

/**
 * The emulator's jobs on disk. What is damaged there is not among them. Promises resolve once a write is on disk and reject with StoreWriteError.
 */
export interface JobStore {
  /** Takes the place of a job with the same id. */
  add(job: StoredJob): Promise<void>;
  /** Writes what can change of a job: its status, times, reason, type of ending and webhook state. */
  update(job: StoredJob): Promise<void>;
  get(id: string): StoredJob | null;
  /** What is damaged of jobs and items, a line each. */
  damaged(): string[];
  /** Newest first, without those that have expired by `now`. */
  page(query: { before?: number; limit: number; now: number }): NumberedJob[];
  /** Those that are to end, or whose webhook is due. */
  unfinished(): StoredJob[];
  remove(id: string): Promise<void>;
  /** Removes what has expired by `now`. */
  removeExpired(now: number): Promise<void>;
  putItem(kind: ItemKind, id: string, value: unknown): Promise<void>;
  item<T>(kind: ItemKind, id: string): T | null;
  items<T>(kind: ItemKind): T[];
  removeItem(kind: ItemKind, id: string): Promise<void>;
}

/** {@link JobStore} in the history's own file, whose writer it shares. */
export class SqliteJobs implements JobStore {
  constructor(
    private readonly file: HistoryFile,
    private readonly enqueue: (write: () => void, urgent: boolean) => Promise<void>,
  ) {}

  add(job: StoredJob): Promise<void> {
    const columns = fixedColumns(job);
    const values = [...columns.map(([, value]) => value), ...changing(job)];
    const names = [...columns.map(([name]) => name), ...changingNames];
    const sql = `insert or replace into job (${names}) values (${names.map(() => '?')})`;
    return this.#write(sql, values, true);
  }

  update(job: StoredJob): Promise<void> {
    const sql = `update job set ${changingNames.map((name) => `${name} = ?`)} where id = ?`;
    return this.#write(sql, [...changing(job), job.id]);
  }

  get(id: string): StoredJob | null {
    const row = this.file.get('select * from job where id = ? limit 1', [id]);
    return row ? toJob(row) : null;
  }

  damaged(): string[] {
    const jobs = this.file.all('select * from job').flatMap((row) => damageOf(`job ${row.id}`, readJob, row));
    const items = this.file.all('select * from emulator_item');
    return [...jobs, ...items.flatMap((row) => damageOf(`${row.kind} ${row.id}`, readItem, row))];
  }

  page({ before = Number.MAX_SAFE_INTEGER, limit, now }: { before?: number; limit: number; now: number }) {
    return this.file
      .all(
        `select * from job where seq < ? and (expires_at is null or expires_at > ?) order by seq desc limit ?`,
        [before, now, limit],
      )
      .flatMap((row) => {
        const job = toJob(row);
        return job ? [{ ...job, seq: row.seq as number }] : [];
      });
  }

  unfinished(): StoredJob[] {
    const due = "(ended_at is null and ends_at is not null) or webhook_state = 'due'";
    return this.file.all(`select * from job where ${due} order by seq`).flatMap((row) => toJob(row) ?? []);
  }

  remove = (id: string): Promise<void> => this.#write('delete from job where id = ?', [id]);

  removeExpired = (now: number): Promise<void> => this.#write('delete from job where expires_at <= ?', [now]);

  putItem(kind: ItemKind, id: string, value: unknown): Promise<void> {
    const sql = 'insert or replace into emulator_item (kind, id, value) values (?, ?, ?)';
    return this.#write(sql, [kind, id, JSON.stringify(value)], true);
  }

  item<T>(kind: ItemKind, id: string): T | null {
    const row = this.file.get('select value from emulator_item where kind = ? and id = ?', [kind, id]);
    return row ? (itemOf<T>(row)[0] ?? null) : null;
  }

  items<T>(kind: ItemKind): T[] {
    const rows = this.file.all('select value from emulator_item where kind = ?', [kind]);
    return rows.flatMap((row) => itemOf<T>(row));
  }

  removeItem = (kind: ItemKind, id: string): Promise<void> =>
    this.#write('delete from emulator_item where kind = ? and id = ?', [kind, id], true);

  #write(sql: string, values: JSValue[], urgent = false): Promise<void> {
    return this.enqueue(() => void this.file.run(sql, values), urgent);
  }
}

const fixedColumns = (job: StoredJob): [string, JSValue][] => [
  ['id', job.id],
  ['type', job.type],
  ['created_at', job.createdAt],
  ['seed', job.seed],
  ['pages', job.pages],
  ['total_pages', job.totalPages],
  ['config', job.configText],
  ['webhook', job.webhook && JSON.stringify(job.webhook)],
  ['metadata', job.metadata === undefined ? null : printJson(job.metadata)],
];

const changingNames = [
  'status',
  'ends_at',
  'outcome',
  'reason',
  'ended_at',
  'expires_at',
  'webhook_state',
] as const;

const changing = (job: StoredJob): JSValue[] => [
  job.status,
  job.endsAt,
  job.outcome,
  job.reason,
  job.endedAt,
  job.expiresAt,
  job.webhookState,
];

const target: z.ZodType<WebhookTarget> = z.union([
  z.object({ mode: z.literal('direct'), url: z.string() }),
  z.object({ mode: z.literal('svix'), channels: z.array(z.string()).nullable() }),
  z.null(),
]);

const readJob = is.reader({
  id: is.text,
  type: is.oneOf<JobType>('Parse', 'Extract', 'Split', 'Edit', 'Pipeline', 'Classify'),
  status: is.oneOf<JobStatus>(
    ...(['Pending', 'Idle', 'InProgress', 'Completing', 'Completed', 'Failed', 'Cancelled'] as const),
  ),
  created_at: is.time,
  ends_at: is.optional(is.time),
  outcome: is.oneOf('Completed', 'Failed'),
  reason: is.optional(is.text),
  ended_at: is.optional(is.time),
  expires_at: is.optional(is.time),
  seed: is.natural,
  pages: is.natural,
  total_pages: is.natural,
  config: is.jsonText,
  webhook: is.optional(is.json<WebhookTarget>(target, null, 'a target')),
  metadata: is.optional(is.jsonText),
  webhook_state: is.optional(is.oneOf('due', 'tried')),
});

const readItem = is.reader({ value: is.jsonText });

/** @param name how a damaged row is called */
function damageOf(name: string, read: (row: Row, damage: string[]) => unknown, row: Row): string[] {
  const damage: string[] = [];
  read(row, damage);
  return damage.length > 0 ? [`${name} (${damage.join('; ')})`] : [];
}

/** The value of an item; none when it is damaged. */
function itemOf<T>(row: Row): T[] {
  const damage: string[] = [];
  const { value } = readItem(row, damage);
  return damage.length > 0 ? [] : [JSON.parse(value)];
}

/** A job from its row; null when it is damaged. */
function toJob(row: Row): StoredJob | null {
  const damage: string[] = [];
  const values = readJob(row, damage);
  if (damage.length > 0) return null;
  return {
    ...{ id: values.id, type: values.type, status: values.status, createdAt: values.created_at },
    ...{ endsAt: values.ends_at, outcome: values.outcome, reason: values.reason, endedAt: values.ended_at },
    ...{ expiresAt: values.expires_at, seed: values.seed, pages: values.pages },
    totalPages: values.total_pages,
    config: JSON.parse(values.config),
    configText: values.config,
    webhook: values.webhook,
    metadata: values.metadata === null ? undefined : new JsonText(values.metadata),
    webhookState: values.webhook_state,
  };
}
