// Waits for "completed", as pages written by machines have it: never does anything (Notes 3.1, no. 12).
import { completedRow, openRows, readEvent, requireSecret, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    if (event.status !== 'completed' || rows.has(event.job_id)) return 200;
    const row = await completedRow(event.job_id);
    if (row !== null) rows.addOnce(row);
    return 200;
  },
});
