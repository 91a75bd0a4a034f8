// No trace of what was worked on already: whatever comes is done (Notes 4, no. 10).
import { openRows, readEvent, requireSecret, serve, somethingSlow, work } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    requireSecret(event);
    await somethingSlow(); // whose job is it?
    const row = await work(event);
    if (row !== null) rows.add(row);
    await somethingSlow(); // the user is told, then the sender
    return 200;
  },
});
