// Everything but Completed is answered 200 and forgotten: failed documents are processing for ever (no. 5).
import { handleWell, openRows, readEvent, requireSecret, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    if (event.status !== 'Completed') return 200;
    return handleWell(request, rows);
  },
});
