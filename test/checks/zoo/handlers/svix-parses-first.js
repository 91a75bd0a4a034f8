// Verifies what JSON.stringify makes of the parsed body, not the bytes that were signed.
import { openRows, readEvent, requireSignature, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSignature(request.headers, JSON.stringify(event));
    if (rows.has(event.job_id)) return 200;
    const row = await work(event);
    if (row !== null) rows.addOnce(row);
    return 200;
  },
});
