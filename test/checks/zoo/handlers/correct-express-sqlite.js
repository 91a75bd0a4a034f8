// Express and SQLite, right: a unique key, and the claim, the work's result and the mark that it is done are one
// transaction. Copies may all fetch the job; one of them gets its row in. Killed at any point, either all of it
// is there or nothing is, and the retry does the rest.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import express from 'express';
import sqlite from 'node-sqlite3-wasm';

const { PORT, DATA_DIR, REDUCTO_BASE_URL, WEBHOOK_SECRET } = process.env;
const file = join(DATA_DIR, 'app.db');
// This engine locks with a folder beside the file, which a killed process leaves; no other process uses the file.
rmSync(`${file}.lock`, { recursive: true, force: true });
const db = new sqlite.Database(file);
// In its usual journal mode this engine never rolls back what a killed process left half-written: it takes its own
// lock for that of a writer who is still at work. The write-ahead log has no such question to ask.
db.exec('PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal; PRAGMA synchronous = full');
db.exec(`
  CREATE TABLE IF NOT EXISTS events (job_id TEXT PRIMARY KEY, done INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE IF NOT EXISTS documents (job_id TEXT NOT NULL, status TEXT NOT NULL, chunks INTEGER);
`);

const isDone = (jobId) => db.get('SELECT 1 FROM events WHERE job_id = ? AND done = 1', [jobId]) !== null;

function keep(jobId, status, chunks) {
  db.exec('BEGIN IMMEDIATE');
  try {
    const claim = db.run('INSERT INTO events (job_id) VALUES (?) ON CONFLICT DO NOTHING', [jobId]);
    if (claim.changes === 1) {
      db.run('INSERT INTO documents (job_id, status, chunks) VALUES (?, ?, ?)', [jobId, status, chunks]);
      db.run('UPDATE events SET done = 1 WHERE job_id = ?', [jobId]);
    }
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}

async function getJob(jobId) {
  const answer = await fetch(`${REDUCTO_BASE_URL}/job/${encodeURIComponent(jobId)}`, {
    headers: { authorization: 'Bearer test' },
  });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`job.get: ${answer.status}`);
  return answer.json();
}

const app = express();
app.get('/health', (_request, response) => response.json({ up: true }));
app.get('/effects', (_request, response) => response.json(db.all('SELECT * FROM documents ORDER BY job_id')));

app.post('/webhook', express.json({ limit: '4mb' }), async (request, response) => {
  const event = request.body;
  if (typeof event?.job_id !== 'string') return response.status(400).json({ error: 'no event' });
  if (event.metadata?.secret !== WEBHOOK_SECRET) return response.status(401).json({ error: 'wrong secret' });
  const { job_id: jobId, status } = event;
  if (isDone(jobId)) return response.json({ duplicate: true });
  if (status === 'Failed') keep(jobId, 'failed', null);
  else if (status === 'Completed') {
    const job = await getJob(jobId);
    if (job === null) return response.json({ ignored: 'no such job, or too old' });
    if (job.status !== 'Completed') return response.status(503).json({ error: 'not finished yet' });
    keep(jobId, 'ready', job.result.result.chunks.length);
  }
  return response.json({ received: true });
});

app.use((error, _request, response, _next) => {
  response.status(error.status ?? 500).json({ error: error.message });
});

const server = app.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
server.keepAliveTimeout = 65_000;
