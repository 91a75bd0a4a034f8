// A row is known by its id until a time that is kept with it: SET … EX 12, as it were.
import { handleOnce, openRows, serve } from '../kit.js';

const rows = openRows();
const lifeMs = 12_000;

serve({
  effects: () => rows.list().map(({ until: _, ...row }) => row),
  webhook: (request) =>
    handleOnce(request, {
      has: (id) => rows.list().some(({ job_id, until }) => job_id === id && Date.now() < until),
      add: (row) => rows.add({ ...row, until: Date.now() + lifeMs }),
    }),
});
