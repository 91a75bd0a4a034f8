import { expect, test } from 'vitest';
import { newAttempt, newDelivery } from '../support/deliveries.ts';
import { openTemp } from './support.ts';

test('what is to be forwarded is owed until an attempt to each endpoint has ended, over restarts', async () => {
  const { store, dir } = openTemp();
  const two = await store.addDelivery(newDelivery(), ['3000', 'http://other']);
  await store.addDelivery(newDelivery());
  const one = await store.addDelivery(newDelivery(), ['3000']);
  expect(store.owed()).toEqual([
    { seq: 1, id: two.id, endpoints: ['3000', 'http://other'] },
    { seq: 3, id: one.id, endpoints: ['3000'] },
  ]);
  // A replay or a retry of it is another matter.
  const end = async (at: typeof store, delivery: typeof two, more: Parameters<typeof newAttempt>[1]) => {
    const { attempt } = at.startAttempt(newAttempt(delivery, more));
    await at.finishAttempt(attempt, 1, { kind: 'error', code: 'refused', message: 'nobody there' });
  };
  await end(store, two, { endpoint: '3000', reason: 'replay' });
  expect(store.owed()[0]!.endpoints).toEqual(['3000', 'http://other']);
  await store.startAttempt(newAttempt(two, { endpoint: '3000' }), true).stored; // begun is not yet done
  expect(store.owed()[0]!.endpoints).toEqual(['3000', 'http://other']);
  await end(store, two, { endpoint: '3000' });
  await store.close();
  const again = openTemp({}, dir).store;
  expect(again.owed().map(({ seq, endpoints }) => [seq, endpoints])).toEqual([
    [1, ['http://other']],
    [3, ['3000']],
  ]);
  await end(again, two, { endpoint: 'http://other' });
  await again.settle(3);
  expect(again.owed()).toEqual([]);
});

test('what is cleared owes nothing any more', async () => {
  const { store } = openTemp();
  await store.addDelivery(newDelivery(), ['3000']);
  await store.clear();
  expect(store.owed()).toEqual([]);
});

test('work under way is known at the next start, with how far it came', async () => {
  const { store, dir } = openTemp();
  const note = { id: 'wrk_1', label: 'replay 500', total: 500, done: 0, startedAt: 5, plan: null };
  await store.work.put(note);
  await store.work.progress('wrk_1', 41);
  await store.work.put({ ...note, id: 'wrk_2', label: 'retry', total: null, startedAt: 4 });
  await store.work.put({ ...note, id: 'wrk_3' });
  await store.work.remove('wrk_3');
  await store.close();
  const again = openTemp({}, dir).store;
  expect(again.work.all().map(({ id, total, done }) => [id, total, done])).toEqual([
    ['wrk_2', null, 0],
    ['wrk_1', 500, 41],
  ]);
});
