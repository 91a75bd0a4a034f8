// Stores deliveries as fast as it can, until it is killed. Prints "SEQ ID SHA256" of each once it was promised.
// Usage: writer.mjs DIR
import { createHash, randomBytes } from 'node:crypto';
import { mustNotFail } from '../../../src/core/errors.ts';
import { openStore } from '../../../src/store/sqlite-store.ts';
import { newAttempt, newDelivery, payload } from '../../support/deliveries.ts';

const store = openStore(process.argv[2]!, { keep: 100_000 });

async function work(): Promise<never> {
  for (;;) {
    const bytes = randomBytes(Math.floor(Math.random() * 3000));
    const body = Buffer.from(payload('204a', { token: bytes.toString('base64') }));
    const delivery = await store.addDelivery(newDelivery(Math.random() < 0.5 ? bytes : body));
    const sum = createHash('sha256').update(delivery.body).digest('hex');
    process.stdout.write(`${delivery.seq} ${delivery.id} ${sum}\n`);
    const { attempt } = store.startAttempt(newAttempt(delivery, { id: delivery.id.replace('dlv', 'att') }));
    if (Math.random() < 0.8)
      mustNotFail(
        store.finishAttempt(attempt, 1, { kind: 'error', code: 'refused', message: 'no one there' }),
      );
    mustNotFail(store.acknowledge(delivery, { status: 200, by: 'tool', note: null, at: 1, durationMs: 1 }));
  }
}

await Promise.all(Array.from({ length: 20 }, work));
