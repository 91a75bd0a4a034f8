// Answers long after the sender has given up.
import { setTimeout as delay } from 'node:timers/promises';
import { handleWell, openRows, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const status = await handleWell(request, rows);
    await delay(60_000);
    return status;
  },
});
