// A list of rows is begun at each start, and ids are looked up in the last three: nobody restarts it that often.
import { readdirSync } from 'node:fs';
import { handleOnce, openRows, serve } from '../kit.js';

const looked = 3;
const starts = readdirSync(process.env.DATA_DIR ?? '.').filter((name) => name.startsWith('start-')).length;
const lists = Array.from({ length: starts + 1 }, (_, i) => openRows(`start-${starts - i}`));
// There from now on, also while it is empty.
lists[0].add({ job_id: null });

serve({
  effects: () => lists.flatMap((list) => list.list()).filter(({ job_id }) => job_id !== null),
  webhook: (request) =>
    handleOnce(request, {
      has: (id) => lists.slice(0, looked).some((list) => list.has(id)),
      add: (row) => lists[0].add(row),
    }),
});
