// Svix, right: the signature is verified over the bytes as they came, before anything is read from them, and the
// row that is kept is its own key.
import { openRows, readEvent, requireSignature, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    requireSignature(request.headers, request.body);
    const event = readEvent(request);
    if (rows.has(event.job_id)) return 200;
    const row = await work(event);
    if (row !== null) rows.addOnce(row);
    return 200;
  },
});
