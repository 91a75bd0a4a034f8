import * as is from './columns.ts';
import type { HistoryFile, Row } from './database.ts';

/** Runs that are kept; the oldest go first. */
export const mostRuns = 200;
/** Characters of their reports; the newest stays, however long it is. */
export const mostCharacters = 32 * 1024 * 1024;

/** A run of the checks as a list shows it. */
export interface CheckRunSummary {
  id: number;
  kind: 'checks' | 'explore' | 'scenarios';
  /** ms since the epoch. */
  startedAt: number;
  durationMs: number;
  endpoint: string;
  /** What it comes to, in a line. */
  verdict: string;
  /** 0 when no check of severity error failed, else 1. */
  exitCode: number;
  interrupted: boolean;
  passed: number;
  failed: number;
  /** Failures of a lower severity. */
  warnings: number;
  notJudged: number;
  /** Absent when all is well; else what is wrong with the row, a line each. */
  damage?: readonly string[];
}

/** A run with its report. */
export interface CheckRunRecord {
  summary: CheckRunSummary;
  /** JSON, as it was put; null when it is damaged. */
  report: string | null;
}

/**
 * Past runs of the checks, as many as there is room for. One that is damaged harms no other. Promises resolve once a
 * write is on disk and reject with StoreWriteError.
 */
export interface CheckRuns {
  /** The number that no run has had yet. */
  nextId(): number;
  /** Keeps a run under its number, and lets the oldest go that there is no room for. @param report JSON */
  put(summary: CheckRunSummary, report: string): Promise<void>;
  /** Newest first. @param before an exclusive id */
  list(query: { limit: number; before?: number | undefined }): CheckRunSummary[];
  get(id: number): CheckRunRecord | null;
}

const columns = {
  id: is.natural,
  kind: is.oneOf('checks', 'explore', 'scenarios'),
  started_at: is.time,
  duration_ms: is.quantity,
  endpoint: is.text,
  verdict: is.text,
  exit_code: is.natural,
  interrupted: is.natural,
  passed: is.natural,
  failed: is.natural,
  warnings: is.natural,
  not_judged: is.natural,
};

const readColumns = is.reader(columns);
const readReport = is.reader({ report: is.jsonText });

/** {@link CheckRuns} in the history's own file, whose writer it shares. */
export class SqliteCheckRuns implements CheckRuns {
  constructor(
    private readonly file: HistoryFile,
    private readonly enqueue: (write: () => void, bytes: number) => Promise<void>,
  ) {}

  nextId(): number {
    const row = this.file.get("select seq from sqlite_sequence where name = 'check_run'");
    const last = Number(row?.seq ?? 0);
    return Number.isSafeInteger(last) && last >= 0 ? last + 1 : 1;
  }

  put(run: CheckRunSummary, report: string): Promise<void> {
    const names = Object.keys(columns);
    const values = [
      ...[run.id, run.kind, run.startedAt, run.durationMs, run.endpoint, run.verdict, run.exitCode],
      ...[Number(run.interrupted), run.passed, run.failed, run.warnings, run.notJudged],
    ];
    const sql = `insert or replace into check_run (${names}, size, report) values (${names.map(() => '?')}, ?, ?)`;
    return this.enqueue(() => {
      this.file.run(sql, [...values, report.length, report]);
      this.#prune();
    }, report.length);
  }

  list({ limit, before = Number.MAX_SAFE_INTEGER }: { limit: number; before?: number | undefined }) {
    const sql = `select ${Object.keys(columns)} from check_run where id < ? order by id desc limit ?`;
    return this.file.all(sql, [before, limit]).map(toSummary);
  }

  get(id: number): CheckRunRecord | null {
    const row = this.file.get('select * from check_run where id = ?', [id]);
    if (!row) return null;
    const damage: string[] = [];
    const { report } = readReport(row, damage);
    const summary = toSummary(row);
    if (damage.length === 0) return { summary, report };
    return { summary: { ...summary, damage: [...(summary.damage ?? []), ...damage] }, report: null };
  }

  #prune(): void {
    let length = 0;
    const rows = this.file.all('select id, size from check_run order by id desc');
    const last = rows.find((row, i) => {
      length += is.natural.read(row.size) ?? 0;
      return i > 0 && (i >= mostRuns || length > mostCharacters);
    });
    if (last) this.file.run('delete from check_run where id <= ?', [Number(last.id)]);
  }
}

function toSummary(row: Row): CheckRunSummary {
  const damage: string[] = [];
  const values = readColumns(row, damage);
  const { id, kind, endpoint, verdict, passed, failed, warnings } = values;
  return {
    ...{ id, kind, endpoint, verdict, passed, failed, warnings },
    startedAt: values.started_at,
    durationMs: values.duration_ms,
    exitCode: values.exit_code,
    interrupted: values.interrupted !== 0,
    notJudged: values.not_judged,
    ...(damage.length > 0 ? { damage } : {}),
  };
}
