// The deduplication key is kept before the work, and stays when the work fails: the retry is taken for a duplicate
// (no. 3).
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const rows = openRows();
const seen = openRows('seen');

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    if (event.status !== 'Completed' && event.status !== 'Failed') return 200;
    await somethingSlow(); // whose job is it?
    if (!seen.addOnce({ job_id: event.job_id })) return 200;
    const row = await work(event);
    await somethingSlow(); // embeddings
    if (row !== null) rows.add(row);
    return 200;
  },
});
