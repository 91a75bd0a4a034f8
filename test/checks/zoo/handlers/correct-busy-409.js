// Right as well: while a job is worked on, copies are turned away with 409, so that they come again.
import { openRows, Refusal, readEvent, requireSecret, serve, work } from '../kit.js';

const rows = openRows();
const underWay = new Set(); // only of this process: what was under way when it was killed is free again

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    if (rows.has(event.job_id)) return 200;
    if (underWay.has(event.job_id)) throw new Refusal(409, 'is being worked on');
    underWay.add(event.job_id);
    try {
      const row = await work(event);
      if (row !== null) rows.addOnce(row);
      return 200;
    } finally {
      underWay.delete(event.job_id);
    }
  },
});
