// Verifies only when there is a signature to verify (no. 7).
import { openRows, readEvent, requireSignature, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    if (request.headers['svix-signature']) requireSignature(request.headers, request.body);
    const event = readEvent(request);
    if (rows.has(event.job_id)) return 200;
    const row = await work(event);
    if (row !== null) rows.addOnce(row);
    return 200;
  },
});
