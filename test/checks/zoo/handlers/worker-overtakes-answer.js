// Its worker has fetched the job before the event is answered, tries again until it works, and has all of that in memory.
import { setTimeout as delay } from 'node:timers/promises';
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const rows = openRows();
const inHand = new Set();

async function finish(event) {
  while (!rows.has(event.job_id)) {
    try {
      const row = await work(event);
      await somethingSlow(); // embeddings
      if (row === null) break;
      rows.addOnce(row);
    } catch (error) {
      console.error(`job ${event.job_id}:`, error);
      await delay(200);
    }
  }
  inHand.delete(event.job_id);
}

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    if (['Completed', 'Failed'].includes(event.status) && !inHand.has(event.job_id)) {
      inHand.add(event.job_id);
      finish(event).catch(console.error);
    }
    await somethingSlow(30); // a line of the audit log
    return 202;
  },
});
