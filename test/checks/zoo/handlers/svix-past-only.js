// Looks only whether a timestamp is too old: what is signed for later stays good until then (no. 13).
import { openRows, Refusal, readEvent, requireSignature, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    requireSignature(request.headers, request.body, { maxAge: Number.POSITIVE_INFINITY });
    if (Date.now() / 1000 - Number(request.headers['svix-timestamp']) > 300)
      throw new Refusal(401, 'too old');
    const event = readEvent(request);
    if (rows.has(event.job_id)) return 200;
    const row = await work(event);
    if (row !== null) rows.addOnce(row);
    return 200;
  },
});
