// Answers at once and works afterwards; when that fails it is logged and that was that (no. 2).
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    await somethingSlow(); // whose job is it?
    request.answerNow();
    try {
      const row = rows.has(event.job_id) ? null : await work(event);
      await somethingSlow(); // embeddings
      if (row !== null) rows.addOnce(row);
    } catch (error) {
      console.error(`job ${event.job_id}:`, error);
    }
    return 200;
  },
});
