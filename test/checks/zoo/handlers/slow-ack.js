// Does all its slow work before it answers.
import { setTimeout as delay } from 'node:timers/promises';
import { handleWell, openRows, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const status = await handleWell(request, rows);
    await delay(1100);
    return status;
  },
});
