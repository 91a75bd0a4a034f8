// Right: an upsert. Whatever is said last is written over what is there; real senders say one thing of a job only.
import { openRows, readEvent, requireSecret, serve, work } from '../kit.js';

const rows = openRows();
/** The last row of each job, as a table that is written to by an upsert has it. */
const latest = () => [...new Map(rows.list().map((row) => [row.job_id, row])).values()];

serve({
  effects: latest,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    const row = await work(event);
    if (row !== null) rows.add(row);
    return 200;
  },
});
