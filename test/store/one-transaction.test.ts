import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Attempt, Delivery } from '../../src/core/delivery.ts';
import type { Store } from '../../src/store/store.ts';
import { acknowledged, answer, newAttempt, newDelivery } from '../support/deliveries.ts';
import { openTemp } from './support.ts';

const kinds = [
  'deliver',
  'begin',
  'begin exec',
  'end',
  'fail',
  'acknowledge',
  'settle',
  'remove',
  'apart',
] as const;
const steps = fc.array(fc.record({ kind: fc.constantFrom(...kinds), which: fc.nat(5) }), { maxLength: 30 });

/** All that the history holds, without the ids, which are unlike from one to the other. */
const contents = (store: Store): unknown => {
  const { file } = store as unknown as { file: { all(sql: string): Record<string, unknown>[] } };
  return ['delivery order by seq', 'content order by seq', 'attempt order by delivery_seq, number'].map(
    (rows) => file.all(`select * from ${rows}`).map(({ id: _, delivery_id: __, ...row }) => row),
  );
};

/** @param together whether steps share a transaction, but for those that are to stand apart */
async function run(given: readonly { kind: string; which: number }[], together: boolean): Promise<unknown> {
  const { store } = openTemp();
  const deliveries: Delivery[] = [];
  const attempts: Attempt[] = [];
  let writes: Promise<unknown>[] = [];
  for (const { kind, which } of given) {
    const delivery = deliveries[which % deliveries.length];
    const attempt = attempts[which % attempts.length];
    if (kind === 'deliver') {
      const { delivery, stored } = store.startDelivery(newDelivery(`${which}`), ['a', 'b'].slice(which % 3));
      deliveries.push(delivery);
      writes.push(stored);
    } else if (kind.startsWith('begin') && delivery) {
      const reason = kind === 'begin' ? 'forward' : 'exec';
      const rest = {
        reason,
        endpoint: which % 2 ? 'a' : 'b',
        faults: which === 3 ? ['duplicate'] : [],
      } as const;
      const { attempt, stored } = store.startAttempt(newAttempt(delivery, rest));
      attempts.push(attempt);
      writes.push(stored);
    } else if (kind === 'end' && attempt)
      writes.push(store.finishAttempt(attempt, which, answer(200 + which)));
    else if (kind === 'fail' && attempt)
      writes.push(store.finishAttempt(attempt, which, { kind: 'error', code: 'timeout', message: '' }, true));
    else if (kind === 'acknowledge' && delivery)
      writes.push(store.acknowledge(delivery, acknowledged(200 + which, 'app')));
    else if (kind === 'settle' && delivery) writes.push(store.settle(delivery.seq));
    else if (kind === 'remove' && delivery) writes.push(store.remove([delivery.seq]));
    if (together && kind !== 'apart') continue;
    await Promise.all(writes);
    writes = [];
  }
  await Promise.all(writes);
  const found = contents(store);
  expect(store.count()).toBe((found as unknown[][])[0]!.length);
  await store.close();
  return found;
}

test('what is written in one transaction is what is written one after another', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (given) => {
      const begin = [{ kind: 'deliver', which: 0 }, ...given];
      expect(await run(begin, true)).toEqual(await run(begin, false));
    }),
    { numRuns: 40 },
  );
});
