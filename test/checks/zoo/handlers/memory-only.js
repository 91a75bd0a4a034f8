// Remembers what it has done, but only as long as it runs.
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const rows = openRows();
const done = new Map(); // job id -> the work on it, finished or under way

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    await somethingSlow(); // whose job is it?
    const { job_id } = event;
    // Nothing comes between looking and claiming, and copies wait for the first: only the restart is not survived.
    if (!done.has(job_id))
      done.set(
        job_id,
        work(event).then((row) => row !== null && rows.add(row)),
      );
    try {
      await done.get(job_id);
      // What came to nothing is not held against the job.
      if (!rows.has(job_id)) done.delete(job_id);
      await somethingSlow(); // the user is told, then the sender
    } catch (error) {
      done.delete(job_id);
      throw error;
    }
    return 200;
  },
});
