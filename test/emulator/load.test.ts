import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { startEmulator } from './support.ts';

const count = 2000;

test(`${count} jobs are submitted and delivered, none is lost, and memory stays`, async () => {
  const app = await startApp();
  const { call, idle, emulator, store } = await startEmulator({ settings: { jobTime: '50-500ms' } });
  const ids = new Set<string>();
  const submit = async (): Promise<void> => {
    while (ids.size < count) {
      const metadata = { n: ids.size };
      const body = {
        input: 'https://example.com/a.pdf',
        async: { webhook: { mode: 'direct', url: app.url }, metadata },
      };
      const placeholder = `pending ${Math.random()}`;
      ids.add(placeholder);
      const { status, json } = await call('POST', '/parse_async', body);
      expect(status).toBe(200);
      ids.delete(placeholder);
      ids.add((json as { job_id: string }).job_id);
    }
  };
  const before = process.memoryUsage().heapUsed;
  const began = performance.now();
  await Promise.all(Array.from({ length: 20 }, submit));
  await idle(60_000);
  const seconds = (performance.now() - began) / 1000;

  const told = app.requests.map(({ body }) => JSON.parse(body.toString()).job_id as string);
  expect(ids.size).toBe(count);
  expect(told).toHaveLength(count);
  expect(new Set(told)).toEqual(ids);
  expect(store.count()).toBe(count);
  expect(store.count({ op: 'match', field: 'outcome', pattern: 'ok', wild: false })).toBe(count);
  for (const id of [...ids].slice(0, 20)) expect(emulator.job(id)).toMatchObject({ status: 'Completed' });
  const grown = (process.memoryUsage().heapUsed - before) / 1024 / 1024;
  console.log(
    `${count} jobs in ${seconds.toFixed(1)} s; heap ${grown.toFixed(0)} MB more, the app's records included`,
  );
  expect(grown).toBeLessThan(200);
}, 120_000);
