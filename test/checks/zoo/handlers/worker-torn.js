// Keeps the event, answers, and works on it later; after a restart on all that is not marked as done. But row and mark
// are kept one after the other: a crash in between has the row kept twice.
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const inbox = openRows('inbox');
const rows = openRows();
const marks = openRows('marks');
const underWay = new Set();
const lookMs = 60;
const retryMs = 30;

async function handle(event) {
  if (underWay.has(event.job_id) || marks.has(event.job_id)) return;
  underWay.add(event.job_id);
  for (;;) {
    try {
      const row = await work(event);
      await somethingSlow(70);
      if (row !== null) rows.add(row);
      await somethingSlow(25);
      return marks.add({ job_id: event.job_id });
    } catch (error) {
      console.error(error.message);
      await somethingSlow(retryMs);
    }
  }
}

// Looks now and then, as a worker with a queue in a database does.
setInterval(() => {
  for (const event of inbox.list()) handle(event);
}, lookMs);

serve({
  effects: rows.list,
  async webhook(request) {
    const { job_id, status, metadata } = readEvent(request);
    requireSecret({ metadata });
    if (status === 'Completed' || status === 'Failed') inbox.addOnce({ job_id, status });
    return 200;
  },
});
