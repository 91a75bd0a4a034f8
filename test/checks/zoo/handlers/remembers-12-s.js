// Ids are kept beside the rows, with the time when they are forgotten: SET … EX 12, as it were.
import { handleOnce, openRows, serve } from '../kit.js';

const rows = openRows();
const known = openRows('known');
const lifeMs = 12_000;

serve({
  effects: rows.list,
  webhook: (request) =>
    handleOnce(request, {
      has: (id) => known.list().some(({ job_id, until }) => job_id === id && Date.now() < until),
      add(row) {
        rows.add(row);
        known.add({ job_id: row.job_id, until: Date.now() + lifeMs });
      },
    }),
});
