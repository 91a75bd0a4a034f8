// Right as well, the way that Reducto advises: keep the event, answer at once, work later. What is kept is worked
// on until it is done, after a failure and after a restart too.
import { openRows, readEvent, requireSecret, serve, work } from '../kit.js';

const inbox = openRows('inbox');
const rows = openRows();
const settled = openRows('settled'); // events that came to nothing
const retryMs = 20;

async function process(event, tries = 1) {
  try {
    const row = await work(event);
    if (row !== null) rows.addOnce(row);
    else settled.addOnce({ job_id: event.job_id });
  } catch (error) {
    console.error(`try ${tries} of job ${event.job_id}: ${error.message}`);
    // The API or the job needs time: a little more after every try.
    setTimeout(process, Math.min(retryMs * 1.5 ** tries, 60_000), event, tries + 1);
  }
}

for (const event of inbox.list()) if (!rows.has(event.job_id) && !settled.has(event.job_id)) process(event);

serve({
  effects: rows.list,
  async webhook(request) {
    const { job_id, status, metadata } = readEvent(request);
    requireSecret({ metadata });
    // A status that nobody has heard of must not use up the job's place.
    if (status !== 'Completed' && status !== 'Failed') return 200;
    if (inbox.addOnce({ job_id, status })) process({ job_id, status });
    return 200;
  },
});
