// Takes it for granted that there is metadata, and an object (no. 11).
import { openRows, readEvent, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    const { tenant } = event.metadata;
    if (tenant === 'suspended' || rows.has(event.job_id)) return 200;
    const row = await work(event);
    if (row !== null) rows.addOnce(row);
    return 200;
  },
});
