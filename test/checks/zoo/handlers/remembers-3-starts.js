// The list of known ids is begun anew at each start, and the last three lists are kept: nobody restarts it that often.
import { readdirSync } from 'node:fs';
import { handleOnce, openRows, serve } from '../kit.js';

const kept = 3;
const rows = openRows();
const starts = readdirSync(process.env.DATA_DIR ?? '.').filter((name) => /^start-\d+\./.test(name)).length;
const lists = Array.from({ length: kept }, (_, i) => openRows(`start-${starts - i}`));
// There from now on, also while it is empty.
lists[0].add({ job_id: null });

serve({
  effects: rows.list,
  webhook: (request) =>
    handleOnce(request, {
      has: (id) => lists.some((list) => list.has(id)),
      add(row) {
        rows.add(row);
        lists[0].add({ job_id: row.job_id });
      },
    }),
});
