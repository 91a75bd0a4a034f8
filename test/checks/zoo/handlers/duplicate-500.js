// The unique key holds, but its violation is answered 500: the sender never hears that all is well.
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    await somethingSlow(); // whose job is it?
    const row = await work(event);
    if (row !== null && !rows.addOnce(row)) throw new Error('UNIQUE constraint failed: documents.job_id');
    await somethingSlow(); // the user is told, then the sender
    return 200;
  },
});
