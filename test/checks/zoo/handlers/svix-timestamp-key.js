// Remembers messages by id and timestamp, and the timestamp is another one at every attempt.
import { openRows, readEvent, requireSignature, serve, somethingSlow, work } from '../kit.js';

const rows = openRows();
const seen = openRows('seen');

serve({
  effects: rows.list,
  async webhook(request) {
    requireSignature(request.headers, request.body);
    const event = readEvent(request);
    await somethingSlow(); // whose job is it?
    const key = { job_id: `${request.headers['svix-id']} ${request.headers['svix-timestamp']}` };
    if (seen.has(key.job_id)) return 200;
    const row = await work(event);
    // Copies of one attempt at the same instant have one key, so only the first of them gets past this.
    if (row !== null && seen.addOnce(key)) rows.add(row);
    await somethingSlow(); // the user is told, then the sender
    return 200;
  },
});
