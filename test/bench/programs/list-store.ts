import { parseFilter } from '../../../src/core/filter.ts';
import { openStore } from '../../../src/store/sqlite-store.ts';
import type { NewDelivery, Store } from '../../../src/store/store.ts';
import { acknowledged, answer, newAttempt, newDelivery } from '../../support/deliveries.ts';
import { queries } from '../list.ts';
import { median } from '../rounds.ts';

const firstTime = 1_770_000_000_000;
const [mode, dataDir, count] = process.argv.slice(2) as [string, string, string?];
const store = openStore(dataDir);
if (mode === 'seed') {
  await seed(store, Number(count));
  await store.close();
  process.stdout.write('null');
} else {
  const result = mode === 'read' ? await timePages() : await longestBlock();
  await store.close();
  process.stdout.write(JSON.stringify(result));
}

async function timePages(): Promise<number[]> {
  const times: number[] = [];
  for (const { filter } of queries) {
    const readings: number[] = [];
    for (let i = 0; i < 9; i++) {
      const began = performance.now();
      await store.search.page({ filter: parseFilter(filter), limit: 50 });
      readings.push(performance.now() - began);
    }
    times.push(median(readings));
  }
  return times;
}

/** ms that the event loop had no turn, at most, while each filter was listed, counted and drawn over time. */
async function longestBlock(): Promise<number> {
  let [longest, last, done] = [0, performance.now(), false];
  const look = (): void => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (!done) setImmediate(look);
  };
  setImmediate(look);
  for (const { filter: text } of queries) {
    const filter = parseFilter(text);
    await store.search.page({ filter, limit: 50 });
    await store.search.count(filter);
    await store.search.histogram({ filter, from: firstTime, bucketMs: 60_000, buckets: 60 });
  }
  done = true;
  return longest;
}

async function seed(into: Store, deliveries: number): Promise<void> {
  const group = 1000;
  for (let from = 0; from < deliveries; from += group)
    await Promise.all(
      Array.from({ length: Math.min(group, deliveries - from) }, (_, i) => addOne(into, from + i)),
    );
}

async function addOne(into: Store, i: number): Promise<void> {
  const delivery = await into.addDelivery(toDelivery(i));
  const { attempt, stored } = into.startAttempt(newAttempt(delivery, { startedAt: delivery.receivedAt }));
  const status = i % 50 === 0 ? 500 : 200;
  await Promise.all([
    stored,
    into.finishAttempt(attempt, 3 + (i % 40), answer(status, '{}')),
    into.acknowledge(delivery, acknowledged(status, 'app')),
  ]);
}

function toDelivery(i: number): NewDelivery {
  // Spread over all beginnings, as real job ids are.
  const jobId = ((i * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0');
  const payload = {
    status: i % 10 === 0 ? 'Failed' : 'Completed',
    job_id: `${jobId}-dd10-4c83-a978-0cee4af8cde2`,
    metadata: { user_id: String(i % 1000), document_type: 'invoice', note: '' },
  };
  payload.metadata.note = 'x'.repeat(1024 - JSON.stringify(payload).length);
  return newDelivery(JSON.stringify(payload), { receivedAt: firstTime + i });
}
