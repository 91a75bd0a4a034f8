// Refuses whatever is ahead of its own clock, by however little: a sender whose clock is fast loses everything.
import { openRows, Refusal, readEvent, requireSignature, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    requireSignature(request.headers, request.body);
    if (Number(request.headers['svix-timestamp']) > Date.now() / 1000)
      throw new Refusal(401, 'from the future');
    const event = readEvent(request);
    if (rows.has(event.job_id)) return 200;
    const row = await work(event);
    if (row !== null) rows.addOnce(row);
    return 200;
  },
});
