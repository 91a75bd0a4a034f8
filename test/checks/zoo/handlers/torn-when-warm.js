// Keeps its row and, a moment later, the mark that it is done: a crash in between has the retry do it again. It is slow
// for the first two events after each start, so that only a warm one is hit there; and works on afterwards.
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const rows = openRows();
const marks = openRows('marks');
const underWay = new Map();
let events = 0;

async function handle(event) {
  if (events++ < 2) await somethingSlow(400);
  const row = await work(event);
  await somethingSlow(140);
  if (row === null) return;
  rows.add(row);
  await somethingSlow(60);
  marks.add({ job_id: event.job_id });
  await somethingSlow(60);
}

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    const { job_id } = event;
    if (marks.has(job_id)) return 200;
    const first = underWay.get(job_id);
    if (first) await first;
    else {
      const handled = handle(event).finally(() => underWay.delete(job_id));
      underWay.set(job_id, handled);
      await handled;
    }
    return 200;
  },
});
