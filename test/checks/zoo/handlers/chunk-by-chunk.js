// Keeps the chunks of a document one by one, and knows a job by any of them: a kill in between loses the others.
import { handleOnce, openRows, serve, somethingSlow } from '../kit.js';

const rows = openRows('chunks');

async function webhook(request) {
  let rest = null;
  const status = await handleOnce(request, {
    has: rows.has,
    add: (row) => {
      rows.add(row.chunks ? { ...row, chunks: 1 } : row);
      rest = row;
    },
  });
  for (let n = 2; n <= (rest?.chunks ?? 0); n++) {
    await somethingSlow(30);
    rows.add({ ...rest, chunks: n });
  }
  return status;
}

serve({ webhook, effects: rows.list });
