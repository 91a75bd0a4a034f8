// "Skip unless pending": looks whether the job is done, works, then writes. Copies at once all look first (no. 1).
import { openRows, readEvent, requireSecret, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    if (rows.has(event.job_id)) return 200;
    const row = await work(event);
    if (row !== null) rows.add(row);
    return 200;
  },
});
