import { expect, test } from 'vitest';
import { newDelivery } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';
import { openTemp } from './support.ts';

test.each([
  ['deliveries', { keep: 10 }],
  ['bytes', { keepBytes: 10 * 100 }],
])('an import over the limit in %s drives out nothing that came by itself', async (_, limit) => {
  const { store } = openTemp(limit);
  const body = 'x'.repeat(100);
  for (let i = 0; i < 8; i++) await store.addDelivery(newDelivery(body));
  for (let i = 0; i < 120; i++) await store.addDelivery(newDelivery(body, { source: 'import' }));
  await waitFor(() => store.count() === 10);
  const left = store.page({ limit: 99 }).map(({ seq, source }) => [source, seq]);
  expect(left).toEqual([
    ['import', 128],
    ['import', 127],
    ...[8, 7, 6, 5, 4, 3, 2, 1].map((seq) => ['tunnel', seq]),
  ]);
});
