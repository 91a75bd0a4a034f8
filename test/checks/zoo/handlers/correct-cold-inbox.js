// Right, and slow after a start: its first answer takes its time, and what the first events lead to comes long after
// their answers, as with a worker that has to connect to all it needs. Once it is warm, all is quick.
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const inbox = openRows('inbox');
const rows = openRows();
let taken = 0;

async function process(event) {
  taken += 1;
  if (taken <= 3) await somethingSlow(600);
  for (;;) {
    try {
      const row = await work(event);
      if (row !== null) rows.addOnce(row);
      return;
    } catch (error) {
      console.error(`job ${event.job_id}: ${error.message}`);
      await somethingSlow(50);
    }
  }
}

for (const event of inbox.list()) if (!rows.has(event.job_id)) process(event);

serve({
  effects: rows.list,
  async webhook(request) {
    const { job_id, status, metadata } = readEvent(request);
    requireSecret({ metadata });
    if (taken === 0) await somethingSlow(120);
    await somethingSlow(30);
    if (status !== 'Completed' && status !== 'Failed') return 200;
    if (inbox.addOnce({ job_id, status })) process({ job_id, status });
    return 200;
  },
});
