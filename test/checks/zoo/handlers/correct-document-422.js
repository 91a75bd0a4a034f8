// Right: knows documents by an id in the metadata, and refuses for good what it can do nothing with: 422 without that id,
// 410 for a job whose result is gone.
import { completedRow, failedRow, openRows, Refusal, readEvent, requireSignature, serve } from '../kit.js';

const rows = openRows();

serve({
  effects: rows.list,
  async webhook(request) {
    requireSignature(request.headers, request.body);
    const { job_id, status, metadata } = readEvent(request);
    const id = metadata?.document_id;
    if (typeof id !== 'string') throw new Refusal(422, 'no document_id');
    if (status !== 'Completed' && status !== 'Failed') return 200;
    if (rows.has(id)) return 200;
    const row = status === 'Failed' ? failedRow(job_id) : await completedRow(job_id);
    if (row === null) throw new Refusal(410, 'the result is gone');
    rows.addOnce({ ...row, job_id: id });
    return 200;
  },
});
