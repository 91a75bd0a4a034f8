import { residentMb } from '../support/process.ts';
import { compared, type Figure } from './figure.ts';
import { generateLoad } from './load.ts';
import { pause, type Running, startProgram } from './processes.ts';
import { bareListeners, claimInboxes, inboxUrl, type RunningRelay, startRelay } from './relay-processes.ts';
import { median } from './rounds.ts';

const listeners = 1000;
const inboxes = 10_000;
const settleMs = 1000;
const load = { connections: 50, warmupMs: 1000, durationMs: 2000 };

/** 1,000 listeners at once, each with an inbox of its own. */
export async function manyListeners(rounds: number): Promise<Figure[]> {
  const [toOne, toAll]: number[][] = [[], []];
  const memory = await compared(rounds, {
    ...{ what: 'Relay, memory of a listener, 1,000 at once', unit: 'KB', judged: 'itself' },
    baseline: {
      what: 'a bare ws server',
      measure: async () => {
        const server = await startProgram('websocket-server');
        const perListener = await memoryByListener(server, server.line, async () => undefined);
        await server.stop();
        return perListener;
      },
    },
    ours: async () => {
      const relay = await startRelay();
      const perListener = await memoryByListener(relay, relay.url, async () => {
        toOne!.push(await liveOnly(relay, inboxUrl(relay, 'bench-0')));
        toAll!.push(await liveOnly(relay, inboxUrl(relay, 'bench-*'), listeners));
      });
      await relay.stop();
      return perListener;
    },
    target: { bound: 'at most', value: 100 },
  });
  return [
    memory,
    {
      what: 'Relay, live to 1,000 bare listeners, throughput',
      unit: 'requests/s',
      baseline: { what: 'to one of them', value: median(toOne!) },
      ours: median(toAll!),
      judged: 'ratio',
      target: { bound: 'at least', value: 0.7 },
    },
  ];
}

/** KB that each of 1,000 listeners takes of a server; `meanwhile` is done while they are there. */
async function memoryByListener(
  server: Running,
  url: string,
  meanwhile: () => Promise<unknown>,
): Promise<number> {
  await pause(settleMs);
  const before = residentMb(server.child.pid!);
  const connected = await bareListeners(url, listeners);
  await pause(settleMs);
  const after = residentMb(server.child.pid!);
  await meanwhile();
  await connected.stop();
  return ((after - before) * 1024) / listeners;
}

/** Requests a second to who listens. @throws Error when the relay answered for one of them */
async function liveOnly(relay: RunningRelay, url: string, spread = 1): Promise<number> {
  const { perSecond } = await generateLoad({ ...load, url, spread });
  const kept = await relay.metric('reducto_relay_deliveries_total{how="kept"}');
  if (kept > 0) throw new Error(`${kept} deliveries were not answered live`);
  return perSecond;
}

/** 10,000 inboxes. */
export async function manyInboxes(rounds: number): Promise<Figure[]> {
  const memory: Record<'before' | 'after', number[]> = { before: [], after: [] };
  const kept: Record<'one' | 'all', number[]> = { one: [], all: [] };
  const claimed = await compared(rounds, {
    ...{ what: 'Relay, 10,000 listeners come, take an inbox and go', unit: 's', judged: 'ratio' },
    baseline: {
      what: 'a bare ws server',
      measure: async () => {
        const server = await startProgram('websocket-server');
        const seconds = await claimInboxes(server.line, inboxes);
        await server.stop();
        return seconds;
      },
    },
    ours: async () => {
      const relay = await startRelay();
      await claimInboxes(relay.url, 1);
      kept.one.push((await generateLoad({ ...load, url: inboxUrl(relay, 'bench-0') })).perSecond);
      memory.before.push(residentMb(relay.child.pid!));
      const seconds = await claimInboxes(relay.url, inboxes);
      const all = { ...load, url: inboxUrl(relay, 'bench-*'), spread: inboxes };
      kept.all.push((await generateLoad(all)).perSecond);
      memory.after.push(residentMb(relay.child.pid!));
      await relay.stop();
      return seconds;
    },
    target: { bound: 'at most', value: 3 },
  });
  return [
    claimed,
    {
      what: 'Relay, memory with 10,000 inboxes',
      unit: 'MB',
      baseline: { what: 'with one', value: median(memory.before) },
      ours: median(memory.after),
      judged: 'difference',
      target: { bound: 'at most', value: 100 },
    },
    {
      what: 'Relay, kept in 10,000 inboxes',
      unit: 'requests/s',
      baseline: { what: 'in one', value: median(kept.one) },
      ours: median(kept.all),
      judged: 'ratio',
      target: { bound: 'at least', value: 0.5 },
    },
  ];
}
