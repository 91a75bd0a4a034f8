import { parseFilter } from '../../../src/core/filter.ts';
import { createIdFactory, systemClock } from '../../../src/core/ids.ts';
import { recognise } from '../../../src/core/payload.ts';
import { openStore } from '../../../src/store/sqlite-store.ts';
import type { NewDelivery, Store } from '../../../src/store/store.ts';
import { queries } from '../list.ts';
import { median } from '../rounds.ts';

const [mode, dataDir, count] = process.argv.slice(2) as [string, string, string?];
const newId = createIdFactory(systemClock);
const store = openStore(dataDir);
if (mode === 'seed') {
  await seed(store, Number(count));
  await store.close();
  process.stdout.write('null');
} else {
  const times = queries.map(({ filter }) => median(Array.from({ length: 9 }, () => timePage(filter))));
  await store.close();
  process.stdout.write(JSON.stringify(times));
}

function timePage(filter: string): number {
  const began = performance.now();
  store.page({ filter: parseFilter(filter), limit: 50 });
  return performance.now() - began;
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
  const { attempt, stored } = into.startAttempt({
    id: newId('att'),
    delivery,
    endpoint: 'http://localhost:3000',
    reason: 'forward',
    request: { method: 'POST', url: 'http://localhost:3000/webhook', headers: delivery.headers },
    requestBody: null,
    startedAt: delivery.receivedAt,
    faults: [],
    notes: [],
  });
  const status = i % 50 === 0 ? 500 : 200;
  await Promise.all([
    stored,
    into.finishAttempt(attempt, 3 + (i % 40), {
      kind: 'response',
      status,
      headers: [['content-type', 'application/json']],
      body: Buffer.from('{}'),
      bodySize: 2,
    }),
    into.acknowledge(delivery, { status, by: 'app', note: null, at: delivery.receivedAt, durationMs: 5 }),
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
  const body = Buffer.from(JSON.stringify(payload));
  return {
    receivedAt: 1_770_000_000_000 + i,
    source: 'local',
    method: 'POST',
    target: '/webhook',
    httpVersion: '1.1',
    headers: [
      ['Host', 'localhost:4140'],
      ['Content-Type', 'application/json'],
      ['Content-Length', String(body.length)],
    ],
    body,
    remoteAddress: '127.0.0.1',
    intake: 'complete',
    recognition: recognise(body),
    verification: { secret: null, svix: null },
    acknowledgement: null,
  };
}
