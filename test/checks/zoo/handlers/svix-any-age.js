// Never looks at the timestamp, so an old request can be sent again by whoever has recorded it.
import { openRows, readEvent, requireSignature, serve, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    requireSignature(request.headers, request.body, { maxAge: Number.POSITIVE_INFINITY });
    const event = readEvent(request);
    if (rows.has(event.job_id)) return 200;
    const row = await work(event);
    if (row !== null) rows.addOnce(row);
    return 200;
  },
});
