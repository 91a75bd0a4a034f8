// Validates strictly: a field that Reducto adds one day makes every event a 400.
import { handleWell, openRows, Refusal, readEvent, serve } from '../kit.js';

const known = new Set(['status', 'job_id', 'metadata']);
const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const other = Object.keys(readEvent(request)).find((key) => !known.has(key));
    if (other !== undefined) throw new Refusal(400, `unknown field ${other}`);
    return handleWell(request, rows);
  },
});
