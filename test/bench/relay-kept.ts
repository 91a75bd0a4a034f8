import { bareServer, type Server, underLoad } from './capture.ts';
import { compared, type Figure } from './figure.ts';
import { generateLoad } from './load.ts';
import { pause, startProgram } from './processes.ts';
import { claimInboxes, inboxUrl, type RunningRelay, startListener, startRelay } from './relay-processes.ts';

const load = { connections: 50, warmupMs: 1500, durationMs: 3000 };
const owed = 10_000;
const inbox = 'bench-0';

/** What comes while nobody listens. */
export async function kept(rounds: number): Promise<Figure[]> {
  return [
    await compared(rounds, {
      ...{ what: 'Relay, kept on disk, throughput', unit: 'requests/s', judged: 'itself' },
      baseline: {
        what: 'bare node:http',
        measure: async () => (await underLoad(bareServer, load)).perSecond,
      },
      ours: async () => (await underLoad(unattended, load)).perSecond,
      target: { bound: 'at least', value: 2000 },
    }),
  ];
}

/** A relay with an inbox that nobody listens to. */
async function unattended(): Promise<Server> {
  const relay = await startRelay();
  await claimInboxes(relay.url, 1);
  return { url: inboxUrl(relay, inbox), stop: relay.stop };
}

/** 10,000 kept deliveries, when somebody listens again. */
export async function catchUp(rounds: number): Promise<Figure[]> {
  const app = await bareServer();
  const direct = { connections: 1, warmupMs: 0, count: owed };
  try {
    const forwarded = await compared(rounds, {
      ...{ what: 'Relay, 10,000 kept deliveries to the app', unit: 's', judged: 'itself' },
      baseline: {
        what: 'the app itself, one after another',
        measure: async () => owed / (await generateLoad({ ...direct, url: app.url })).perSecond,
      },
      ours: () => caughtUp(untilForwarded),
      target: { bound: 'at most', value: 30 },
    });
    const shown = await compared(rounds, {
      ...{ what: 'Relay, 10,000 kept deliveries, `--catch-up show`', unit: 's', judged: 'itself' },
      baseline: { what: 'to the app', measure: async () => forwarded.ours },
      ours: () => caughtUp(untilShown),
      target: { bound: 'at most', value: 20 },
    });
    return [forwarded, shown];
  } finally {
    await app.stop();
  }
}

/** Seconds from the first of them to the last, the start of `listen` left out. */
async function caughtUp(until: (relay: RunningRelay) => Promise<number>): Promise<number> {
  const relay = await startRelay();
  try {
    await claimInboxes(relay.url, 1);
    await generateLoad({ url: inboxUrl(relay, inbox), connections: 50, warmupMs: 0, count: owed });
    return await until(relay);
  } finally {
    await relay.stop();
  }
}

async function untilForwarded(relay: RunningRelay): Promise<number> {
  const app = await startProgram('bare-server', [String(owed)]);
  const all = app.nextLine();
  const listener = await startListener(relay, inbox, [app.line]);
  const began = performance.now();
  await all;
  const seconds = (performance.now() - began) / 1000;
  await listener.stop();
  await app.stop();
  return seconds;
}

async function untilShown(relay: RunningRelay): Promise<number> {
  const listener = await startListener(relay, inbox, ['--catch-up', 'show']);
  const began = performance.now();
  while (listener.lines() < owed) await pause(10);
  const seconds = (performance.now() - began) / 1000;
  await listener.stop();
  return seconds;
}
