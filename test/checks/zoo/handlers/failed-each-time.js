// Looks for duplicates only where a job was completed: each report of a failure is one more row.
import { failedRow, handleWell, openRows, readEvent, requireSecret, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    if (event.status !== 'Failed') return handleWell(request, rows);
    rows.add(failedRow(event.job_id));
    return 200;
  },
});
