// Receives Reducto's webhooks: checks who sent them, writes each job down once, and answers at once.
// The work is done in jobs.ts.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { receive } from './jobs';

// SQLite and node:crypto need Node, not the edge; a webhook is never cached.
export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

const maxBytes = 1024 * 1024;

/** The three fields of a webhook. */
interface Event {
  status: unknown;
  jobId: string;
  metadata: unknown;
}

export async function POST(request: Request): Promise<Response> {
  // WEBHOOK_SECRET: what you send as metadata.secret with each job (direct webhooks carry no signature).
  // SVIX_SECRET: the endpoint's whsec_… secret from the Svix portal. With both set, both are asked for.
  const { WEBHOOK_SECRET, SVIX_SECRET } = process.env;
  if (!WEBHOOK_SECRET && !SVIX_SECRET) {
    console.error('Set WEBHOOK_SECRET or SVIX_SECRET: without one anybody could send you webhooks.');
    return Response.json({ error: 'not configured' }, { status: 503 });
  }

  // The raw bytes: a signature is over bytes, not over parsed JSON.
  const body = await readBody(request);
  if (body === null) return Response.json({ error: 'too large' }, { status: 413 });
  if (SVIX_SECRET && !isSigned(request.headers, body, SVIX_SECRET))
    return Response.json({ error: 'bad signature' }, { status: 401 });
  const event = parse(body);
  if (event === null) return Response.json({ error: 'not a Reducto webhook' }, { status: 400 });
  const { jobId, status, metadata } = event;
  if (WEBHOOK_SECRET && !isSame(secretIn(metadata), WEBHOOK_SECRET))
    return Response.json({ error: 'wrong secret' }, { status: 401 });

  // A status we don't know must not take the place of the one that is to come.
  if (status !== 'Completed' && status !== 'Failed') {
    console.log(`job ${jobId}: status ${JSON.stringify(status)} is not known, nothing done`);
    return Response.json({ received: true, ignored: true });
  }
  // On disk before the answer: once Reducto has its 2xx it does not send the webhook again. When this throws, Next
  // answers 500, and Reducto tries again.
  const isNew = receive({ jobId, status, metadata });
  return Response.json({ received: true, duplicate: !isNew });
}

/** The body's bytes; null when there are too many. */
async function readBody(request: Request): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.length;
    if (size > maxBytes) return null;
    chunks.push(part.value);
  }
  return Buffer.concat(chunks);
}

function parse(body: Buffer): Event | null {
  try {
    const { status, job_id: jobId, metadata } = JSON.parse(body.toString());
    return typeof jobId === 'string' && jobId !== '' ? { status, jobId, metadata } : null;
  } catch {
    return null;
  }
}

const secretIn = (metadata: unknown): unknown =>
  (metadata as { secret?: unknown } | null | undefined)?.secret;

/** Compares in constant time, and never throws on what is not text. */
function isSame(given: unknown, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(expected));
}

/** Verifies a Svix signature (https://docs.svix.com/receiving/verifying-payloads/how-manual). */
function isSigned(headers: Headers, body: Buffer, secret: string): boolean {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((n) => headers.get(`svix-${n}`));
  if (!id || !signatures || !/^\d{1,12}$/.test(timestamp ?? '')) return false;
  if (Math.abs(Math.floor(Date.now() / 1000) - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  // A list, so that the secret can be changed: one good entry is enough.
  return signatures.split(' ').some((entry) => isSame(entry, `v1,${expected}`));
}
