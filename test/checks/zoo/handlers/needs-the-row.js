// Only takes jobs that it has a row for, and answers 200 to all others: the webhook can be there before the row,
// which is written when the submission has been answered (no. 9).
import { handleWell, openRows, readEvent, requireSecret, serve } from '../kit.js';

const rows = openRows();
const submitted = openRows('submitted');

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    if (!submitted.hasInFile(event.job_id)) return 200;
    return handleWell(request, rows);
  },
});
