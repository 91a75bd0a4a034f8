// What all handlers of the zoo share, so that each file shows its one fault. As it stands all of it is right.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const { PORT = '3000', DATA_DIR = '.', REDUCTO_BASE_URL = 'https://platform.reducto.ai' } = process.env;

/** The answer that a handler gives by throwing. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const maxBody = 4 * 1024 * 1024;

/**
 * Serves `POST /webhook`, `GET /health` and, for the probe, `GET /effects` on PORT.
 * @param webhook takes {headers, body} and gives the status to answer; what it throws becomes a 500
 */
export function serve({ webhook, effects }) {
  const server = createServer(async (request, response) => {
    const answer = (status, body) => {
      if (response.headersSent) return;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (request.method === 'GET' && request.url === '/health') return answer(200, { up: true });
    if (request.method === 'GET' && request.url === '/effects') return answer(200, effects());
    if (request.method !== 'POST' || request.url !== '/webhook') return answer(404, { error: 'not found' });
    const body = await readBody(request);
    if (body === null) return answer(413, { error: 'too large' });
    try {
      const early = () => answer(200, { received: true });
      const status = await webhook({ headers: request.headers, body, answerNow: early });
      answer(status, { received: status < 300 });
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      answer(error.status ?? 500, { error: error.message });
    }
  });
  // Node's five seconds would close connections between two of a sender's requests.
  server.keepAliveTimeout = 65_000;
  server.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
}

/** All bytes of a body; null when they are too many, which are read all the same, so that the answer arrives. */
async function readBody(request) {
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size <= maxBody) chunks.push(chunk);
    }
  } catch {
    return null; // the sender went away in the middle of it: nobody reads the answer
  }
  return size > maxBody ? null : Buffer.concat(chunks);
}

/** The event in a request. @throws Refusal 415 or 400 when there is none */
export function readEvent({ headers, body }) {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? ''))
    throw new Refusal(415, 'JSON is expected');
  let event;
  try {
    event = JSON.parse(body.toString());
  } catch {
    throw new Refusal(400, 'malformed JSON');
  }
  if (typeof event !== 'object' || event === null || typeof event.job_id !== 'string')
    throw new Refusal(400, 'no job_id');
  return event;
}

/** Compares metadata.secret with WEBHOOK_SECRET. @throws Refusal 401 */
export function requireSecret(event) {
  if (!hasSecret(event)) throw new Refusal(401, 'wrong secret');
}

export const hasSecret = ({ metadata }) => metadata?.secret === process.env.WEBHOOK_SECRET;

/** Verifies Svix's signature (WEBHOOK_SVIX_SECRET) over these bytes. @throws Refusal 401 */
export function requireSignature(headers, body, { maxAge = 300 } = {}) {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`svix-${name}`]);
  if (!id || !timestamp || !signatures) throw new Refusal(401, 'not signed');
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= maxAge))
    throw new Refusal(401, 'too old or too new');
  const key = Buffer.from(process.env.WEBHOOK_SVIX_SECRET.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const valid = signatures.split(' ').some((entry) => {
    const [version, signature = ''] = entry.split(',');
    const given = Buffer.from(signature, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!valid) throw new Refusal(401, 'wrong signature');
}

/** `GET /job/{id}`. @returns null when it is unknown or has expired @throws on any other answer than 200 */
async function fetchJob(id) {
  const answer = await fetch(`${REDUCTO_BASE_URL}/job/${encodeURIComponent(id)}`, {
    headers: { authorization: 'Bearer test' },
    signal: AbortSignal.timeout(10_000),
  });
  const text = await answer.text();
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`GET /job/${id}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/**
 * The work on an event, all but keeping it.
 * @returns the row to keep; null when there is nothing to do
 * @throws Refusal 503 while the job is not finished, so that the event comes again
 */
export async function work({ job_id, status }) {
  if (status === 'Failed') return failedRow(job_id);
  return status === 'Completed' ? completedRow(job_id) : null;
}

/** The row of a job that is said to be completed; null when the API no longer knows it. */
export async function completedRow(job_id) {
  const job = await fetchJob(job_id);
  if (job === null) return null;
  if (job.status !== 'Completed') throw new Refusal(503, `the job is ${job.status} still`);
  return { job_id, status: 'ready', chunks: job.result.result.chunks.length };
}

export const failedRow = (job_id) => ({ job_id, status: 'failed' });

/**
 * Something slow that a handler does before or after what counts: a query, a mail. As slow as it must be for a kill
 * "in the middle" to land there and nowhere else.
 */
export const somethingSlow = (ms = 100) => delay(ms);

/** Rows in a file that outlive a kill: each is appended in one write. */
export function openRows(name = 'documents') {
  const path = join(DATA_DIR, `${name}.ndjson`);
  const read = () => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').filter(Boolean) : []);
  const rows = read().map((line) => JSON.parse(line));
  const ids = new Set(rows.map(({ job_id }) => job_id));
  return {
    list: () => rows,
    has: (id) => ids.has(id),
    /** Keeps a row, whatever is there already. */
    add(row) {
      appendFileSync(path, `${JSON.stringify(row)}\n`);
      rows.push(row);
      ids.add(row.job_id);
    },
    /** Keeps a row unless its job has one: nothing comes between looking and writing. @returns whether it did */
    addOnce(row) {
      if (ids.has(row.job_id)) return false;
      this.add(row);
      return true;
    },
    /** What another process has appended since is seen too. */
    hasInFile: (id) => read().some((line) => JSON.parse(line).job_id === id),
  };
}

/** Everything as it should be, in the order in which it should be: what the faulty handlers vary. */
export const handleWell = (request, rows) =>
  handleOnce(request, { has: rows.has, add: (row) => rows.add(row) });

/** The same with a memory of its own: `has` and `add` are called with nothing in between. */
export async function handleOnce(request, { has, add }) {
  const event = readEvent(request);
  requireSecret(event);
  if (has(event.job_id)) return 200;
  const row = await work(event);
  if (row !== null && !has(event.job_id)) add(row);
  return 200;
}
