import { expect, test, vi } from 'vitest';
import type { CheckRunStatus } from '../../../src/core/session.ts';
import type { CommandArgs } from '../../../src/runtime/commands/index.ts';
import { idempotent, notIdempotent, startHandler } from '../../checks/handler.ts';
import { freePort } from '../../support/flask.ts';
import { waitFor } from '../../support/wait.ts';
import { start } from '../start.ts';
import { startBench } from './context.ts';

vi.setConfig({ testTimeout: 60_000 });

const argsFor = async (work: Parameters<typeof startHandler>[0]): Promise<CommandArgs<'check'>> => {
  const { url, stateUrl } = await startHandler(work);
  return { url, effectsUrl: [stateUrl], emulatorPort: 0, only: ['duplicate-sequential'] };
};

test('a run is kept with what it sent, and can be compared with a later one', async () => {
  const bench = startBench();
  const bad = await bench.run('check', await argsFor(notIdempotent));
  expect(bad.report).toMatchObject({ exitCode: 1, findings: [{ checks: ['duplicate-sequential'] }] });
  const [sent] = bad.report.results[1]!.sent;
  // It stands in the history that all else is in.
  expect(bench.store.delivery(sent!.seq)).toMatchObject({ id: sent!.id, source: 'check' });
  const good = await bench.run('check', await argsFor(idempotent));
  const { runs } = await bench.run('check-runs', {});
  expect(runs).toMatchObject([
    { id: 2, kind: 'checks', exitCode: 0, passed: 2, failed: 0 },
    { id: 1, kind: 'checks', exitCode: 1, passed: 1, failed: 1, verdict: bad.report.verdict },
  ]);
  expect(await bench.run('check-run', { id: 1 })).toEqual({
    summary: runs[1],
    report: JSON.parse(JSON.stringify(bad.report)),
    exploration: null,
  });
  expect(good.id).toBe(2);
  expect((await bench.run('check-diff', {})).checks).toMatchObject([
    { id: 'duplicate-sequential', change: 'fixed' },
    { id: 'once', change: 'same' },
  ]);
});

test('wrong options begin nothing, an app that is not there keeps nothing, and the next run can begin', async () => {
  const bench = startBench();
  await expect(bench.run('check', { url: 'localhost:1/x', only: ['dupes'] })).rejects.toMatchObject({
    exitCode: 2,
  });
  const url = `http://127.0.0.1:${await freePort()}/webhook`;
  const failing = { url, emulatorPort: 0 };
  await expect(bench.run('check', failing)).rejects.toMatchObject({ exitCode: 3 });
  await expect(bench.run('check', failing)).rejects.toMatchObject({ exitCode: 3 });
  expect([await bench.run('check-runs', {}), bench.work.statuses]).toEqual([{ runs: [] }, []]);
  await expect(bench.run('check-run', {})).rejects.toThrow('There is no run of check yet.');
  await expect(bench.run('check-run', { id: 4 })).rejects.toThrow('There is no run 4');
});

test('secrets are in no report that is kept', async () => {
  const bench = startBench();
  const secret = 'a-secret-that-nobody-sees';
  const { url, stateUrl } = await startHandler((payload, state) => {
    // It writes down what it must not.
    state.add({ ...payload, status: `${payload.status} ${payload.metadata?.secret}` });
    return 200;
  });
  const { report } = await bench.run('check', {
    ...{ url, secret, effectsUrl: [stateUrl], emulatorPort: 0, only: ['duplicate-sequential'] },
  });
  expect(report.results[1]!.verdict.outcome).toBe('failed');
  expect(bench.store.checkRuns.get(1)!.report).not.toContain(secret);
});

test('in a running tool: one at a time, seen by all while it runs, cancelled as any work', async () => {
  const runtime = await start();
  const seen: CheckRunStatus[] = [];
  const events: string[] = [];
  runtime.subscribe((event) => {
    events.push(event.type);
    if (event.type === 'status' && event.status.check) seen.push(event.status.check);
  });
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const args = await argsFor(async (payload, state) => {
    await held;
    return idempotent(payload, state);
  });
  const run = runtime.run('check', { ...args, only: [] });
  const running = await waitFor(() => seen.find(({ rows }) => rows[0]?.state === 'running'), {
    what: 'a first check under way',
  });
  expect(running.rows.slice(1).every(({ state }) => state === 'waiting')).toBe(true);
  await expect(runtime.run('check', args)).rejects.toMatchObject({ code: 'check-under-way' });
  await runtime.run('cancel', { id: running.workId });
  release();
  const { id, report } = await run;
  expect([id, report.interrupted]).toEqual([running.id, true]);
  expect(runtime.status()).toMatchObject({ check: null, work: [] });
  expect(events).toContain('check');
  expect((await runtime.run('check-runs', {})).runs).toMatchObject([{ id, interrupted: true }]);
});

test('an app that has its jobs from the emulator of this tool has those of a run from there too', async () => {
  const runtime = await start({ emulator: { port: 0, settings: {} } });
  const { url: emulatorUrl } = runtime.status().emulator!;
  const args = await argsFor(async (payload, state) => {
    const headers = { authorization: 'Bearer x' };
    const job = await fetch(`${emulatorUrl}/job/${payload.job_id}`, { headers });
    if (job.ok) idempotent(payload, state);
    return job.ok ? 200 : 500;
  });
  const { emulatorPort: _, ...shared } = args;
  const { report } = await runtime.run('check', shared);
  expect(report.counts).toMatchObject({ passed: 2, failed: 0 });
  expect((await runtime.run('emulated-jobs', {})).jobs.length).toBeGreaterThan(1);
  // It is still there: it was not the run's own.
  expect((await fetch(`${emulatorUrl}/job/x`, { headers: { authorization: 'Bearer x' } })).status).toBe(404);
});
