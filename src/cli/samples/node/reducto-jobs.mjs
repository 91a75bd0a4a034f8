// Every job that Reducto reported, in SQLite, and the work on it: once each, whatever comes twice, fails or crashes.
// With a database of your own (Postgres …) keep the statements and change how they are run.
import { rmSync } from 'node:fs';
import sqlite from 'node-sqlite3-wasm';

const { WEBHOOK_DB = 'reducto-jobs.sqlite', REDUCTO_API_KEY } = process.env;
const { REDUCTO_BASE_URL = 'https://platform.reducto.ai' } = process.env;
const leaseMs = 60_000; // a claim older than this belongs to a process that has died
const maxAttempts = 8;
const maxAtOnce = 10;
let atOnce = 0;

// This engine locks with a folder, which a killed process leaves behind; only one process may use the file.
rmSync(`${WEBHOOK_DB}.lock`, { recursive: true, force: true });
const db = new sqlite.Database(WEBHOOK_DB);
// Only the write-ahead log survives a kill here: this engine never rolls back its usual journal.
db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
db.exec(`
  create table if not exists webhook_jobs (
    job_id text primary key,                -- what makes a second delivery a duplicate
    status text not null,                   -- Completed or Failed
    metadata text not null,
    state text not null default 'received', -- received, working, done, given up
    attempts integer not null default 0,
    due_at integer not null default 0       -- ms: when to work on it; while working, when the claim lapses
  );
  create table if not exists documents (    -- stands for your own table
    job_id text primary key,
    status text not null,                   -- processing, completed, failed
    detail text
  );
  update webhook_jobs set due_at = 0 where state = 'working'; -- we have just started: nobody works on these
`);

/**
 * What your app does with a job that has ended: change this. A crash can make it run again, so let everything that
 * leaves this process (a mail, a payment) carry the job id as its idempotency key. What it returns is stored
 * together with the mark "done", so exactly once. When it throws, it is tried again later.
 */
async function work({ jobId, status }) {
  const job = await fetchJob(jobId);
  if (status === 'Failed') return { status: 'failed', detail: job?.reason ?? 'no reason given' };
  if (job !== null && job.status !== 'Completed') throw new Error(`the job is still ${job.status}`);
  return { status: 'completed', detail: job && JSON.stringify(await fullResult(job.result)) };
}

/** Call this when you have submitted a job. The webhook can be faster: then its row is there and stays. */
export function expectJob(jobId) {
  db.run(`insert into documents (job_id, status) values (?, 'processing') on conflict do nothing`, [jobId]);
}

/** Writes a webhook down. @returns false when the job was there already, also when two come at the same instant */
export function receive({ jobId, status, metadata }) {
  const { secret, ...rest } = metadata && typeof metadata === 'object' ? metadata : {};
  const { changes } = db.run(
    'insert into webhook_jobs (job_id, status, metadata) values (?, ?, ?) on conflict do nothing',
    [jobId, status, JSON.stringify(rest)],
  );
  console.log(`job ${jobId}: ${changes === 1 ? `received, ${status}` : 'a duplicate, nothing to do'}`);
  setImmediate(workOnDue);
  return changes === 1;
}

/** Takes up what an earlier process left, and what failed, when it is due. */
export function startWorking() {
  workOnDue();
  setInterval(workOnDue, 1000).unref();
}

function workOnDue() {
  try {
    for (let job = next(); job !== undefined; job = next()) {
      atOnce += 1;
      carryOut(job)
        // Not even the failure could be written down: the claim lapses, and the job is tried again.
        .catch((error) => console.error(error))
        .finally(() => {
          atOnce -= 1;
          setImmediate(workOnDue);
        });
    }
  } catch (error) {
    console.error('The database could not be asked what is due; it is tried again:', error);
  }
}

const next = () => (atOnce < maxAtOnce ? claim() : undefined);

/** One job that is due, for us alone. */
function claim() {
  const now = Date.now();
  const [row] = db.all(
    `update webhook_jobs set state = 'working', attempts = attempts + 1, due_at = ?
     where job_id = (select job_id from webhook_jobs
                     where state in ('received', 'working') and due_at <= ? order by due_at limit 1)
     returning job_id, status, metadata, attempts`,
    [now + leaseMs, now],
  );
  if (row === undefined) return undefined;
  const { job_id: jobId, status, metadata, attempts } = row;
  return { jobId, status, metadata: JSON.parse(metadata), attempts };
}

async function carryOut(job) {
  const { jobId, attempts } = job;
  try {
    const { status, detail } = await work(job);
    db.exec('begin immediate');
    try {
      // Only while the claim is ours: after a pause longer than the lease somebody else has the job.
      const { changes } = db.run(
        `update webhook_jobs set state = 'done' where job_id = ? and state = 'working' and attempts = ?`,
        [jobId, attempts],
      );
      if (changes === 1)
        db.run(
          `insert into documents (job_id, status, detail) values (?, ?, ?)
           on conflict (job_id) do update set status = excluded.status, detail = excluded.detail`,
          [jobId, status, detail],
        );
      db.exec('commit');
    } catch (error) {
      db.exec('rollback');
      throw error;
    }
    console.log(`job ${jobId}: done, ${status}`);
  } catch (error) {
    const last = attempts >= maxAttempts;
    console.error(`job ${jobId}: attempt ${attempts} failed${last ? ', given up' : ''}: ${error.message}`);
    db.run(
      `update webhook_jobs set state = ?, due_at = ? where job_id = ? and state = 'working' and attempts = ?`,
      [last ? 'given up' : 'received', Date.now() + 500 * 2 ** attempts, jobId, attempts],
    );
  }
}

/** The job as Reducto has it, for 12 hours; null when there is no API key to ask with. */
async function fetchJob(jobId) {
  if (!REDUCTO_API_KEY) return null;
  const response = await fetch(`${REDUCTO_BASE_URL}/job/${encodeURIComponent(jobId)}`, {
    headers: { authorization: `Bearer ${REDUCTO_API_KEY}` },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`GET /job answered ${response.status}`);
  return response.json();
}

/** A large parse result comes as a URL that leads to it. */
async function fullResult(result) {
  if (result?.result?.type !== 'url') return result;
  const response = await fetch(result.result.url, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`the result's URL answered ${response.status}`);
  return { ...result, result: await response.json() };
}
