// Throws the refusal inside the try whose catch answers 500, so that the sender comes again (no. 8).
import { handleWell, hasSecret, openRows, readEvent, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    const event = readEvent(request);
    try {
      if (!hasSecret(event)) throw new Error('401: wrong secret');
      return await handleWell(request, rows);
    } catch (error) {
      console.error(error);
      return 500;
    }
  },
});
