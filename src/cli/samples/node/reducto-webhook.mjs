// Receives Reducto's webhooks: checks who sent them, writes each job down once, and answers at once.
// The work is done in reducto-jobs.mjs.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';
import { receive, startWorking } from './reducto-jobs.mjs';

// WEBHOOK_SECRET: what you send as metadata.secret with each job (direct webhooks carry no signature).
// SVIX_SECRET: the endpoint's whsec_… secret from the Svix portal. With both set, both are asked for.
const { WEBHOOK_SECRET, SVIX_SECRET, PORT = '3000', HOST = '127.0.0.1' } = process.env;
if (!WEBHOOK_SECRET && !SVIX_SECRET) {
  console.error('Set WEBHOOK_SECRET or SVIX_SECRET: without one anybody could send you webhooks.');
  process.exit(1);
}

const app = express();

// The raw bytes, whatever the content type: a signature is over bytes, not over parsed JSON.
app.post('/webhook', express.raw({ type: () => true, limit: '1mb' }), (request, response) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (SVIX_SECRET && !isSigned(request.headers, body, SVIX_SECRET))
    return response.status(401).json({ error: 'bad signature' });
  const event = parse(body);
  if (event === null) return response.status(400).json({ error: 'not a Reducto webhook' });
  if (WEBHOOK_SECRET && !isSame(event.metadata?.secret, WEBHOOK_SECRET))
    return response.status(401).json({ error: 'wrong secret' });

  // A status we don't know must not take the place of the one that is to come.
  if (event.status !== 'Completed' && event.status !== 'Failed') {
    console.log(`job ${event.jobId}: status ${JSON.stringify(event.status)} is not known, nothing done`);
    return response.json({ received: true, ignored: true });
  }
  // On disk before the answer: once Reducto has its 2xx it does not send the webhook again.
  const isNew = receive(event);
  response.json({ received: true, duplicate: !isNew });
});

// Four parameters make it express's handler of errors: too large a body, or a failure of ours.
app.use((error, _request, response, _next) => {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  if (status === 500) console.error(error); // Reducto tries again
  response.status(status).json({ error: status === 500 ? 'try again' : error.message });
});

startWorking();
app.listen(Number(PORT), HOST, (error) => {
  if (error) throw error;
  console.log(`Webhooks are taken at http://${HOST}:${PORT}/webhook`);
});

/** The three fields of a webhook; null when the body is not one. */
function parse(body) {
  try {
    const { status, job_id: jobId, metadata } = JSON.parse(body.toString());
    return typeof jobId === 'string' && jobId !== '' ? { status, jobId, metadata } : null;
  } catch {
    return null;
  }
}

/** Compares in constant time, and never throws on what is not text. */
function isSame(given, expected) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(expected));
}

/** Verifies a Svix signature (https://docs.svix.com/receiving/verifying-payloads/how-manual). */
function isSigned(headers, body, secret) {
  const { 'svix-id': id, 'svix-timestamp': timestamp, 'svix-signature': signatures } = headers;
  if (!id || !signatures || !/^\d{1,12}$/.test(timestamp ?? '')) return false;
  if (Math.abs(Math.floor(Date.now() / 1000) - Number(timestamp)) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  // A list, so that the secret can be changed: one good entry is enough.
  return signatures.split(' ').some((entry) => isSame(entry, `v1,${expected}`));
}
