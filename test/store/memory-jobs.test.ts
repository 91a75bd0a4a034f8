import { expect, test } from 'vitest';
import type { JobStore, StoredJob } from '../../src/store/jobs.ts';
import { MemoryJobs } from '../../src/store/memory-jobs.ts';
import { openTemp, plain } from './support.ts';

const job = (id: string, more: Partial<StoredJob> = {}): StoredJob => ({
  ...{ id, type: 'Parse', status: 'Pending', createdAt: 1, endsAt: 10, outcome: 'Completed', reason: null },
  ...{ endedAt: null, expiresAt: null, seed: 1, pages: 1, totalPages: 2, config: { a: 1 } },
  ...{ configText: '{"a":1}', webhook: null, metadata: { n: [1, null, 'x'] }, webhookState: null },
  ...more,
});

/** What a store tells after a life of jobs. */
async function told(jobs: JobStore): Promise<unknown> {
  await jobs.add(job('a'));
  await jobs.add(job('b', { endsAt: null, metadata: undefined, webhook: { mode: 'svix', channels: null } }));
  await jobs.add(job('c', { expiresAt: 50 }));
  await jobs.add(job('d'));
  await jobs.update(
    job('a', { status: 'Completed', endedAt: 12, expiresAt: 90, webhookState: 'due', pages: 9 }),
  );
  await jobs.update(job('gone', { status: 'Failed' }));
  await jobs.add(job('b', { status: 'Failed', endedAt: 3 }));
  await jobs.remove('d');
  await jobs.putItem('upload', 'u', { name: 'a.pdf' });
  await jobs.putItem('endpoint', 'e', { url: 'http://x/' });
  await jobs.putItem('endpoint', 'f', [1]);
  await jobs.removeItem('endpoint', 'f');
  const now = 60;
  const look = () => ({
    page: jobs.page({ limit: 10, now }),
    second: jobs.page({ limit: 1, before: 3, now: 0 }),
    unfinished: jobs.unfinished(),
    one: [jobs.get('a'), jobs.get('c'), jobs.get('d')],
    items: [jobs.item('upload', 'u'), jobs.item('upload', 'v'), jobs.items('endpoint'), jobs.damaged()],
  });
  const before = plain(look());
  await jobs.removeExpired(now);
  return [before, plain(look())];
}

test('jobs in memory are what jobs on disk are', async () => {
  const { store } = openTemp();
  expect(await told(new MemoryJobs())).toEqual(await told(store.jobs));
});
