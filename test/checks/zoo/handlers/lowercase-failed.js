// Waits for "failed", which Reducto writes "Failed" (no. 6).
import { completedRow, failedRow, openRows, readEvent, requireSecret, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    const { job_id, status } = event;
    if (rows.has(job_id)) return 200;
    if (status === 'Completed') {
      const row = await completedRow(job_id);
      if (row !== null) rows.addOnce(row);
    } else if (status === 'failed') rows.addOnce(failedRow(job_id));
    else console.error(`unknown status ${status}`);
    return 200;
  },
});
