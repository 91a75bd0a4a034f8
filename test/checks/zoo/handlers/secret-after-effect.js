// Looks at the secret when the work is done already.
import { openRows, readEvent, requireSecret, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    const row = rows.has(event.job_id) ? null : await work(event);
    if (row !== null) rows.addOnce(row);
    requireSecret(event);
    return 200;
  },
});
