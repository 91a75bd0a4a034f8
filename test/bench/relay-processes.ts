import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleLocaltunnelServer } from '../support/localtunnel-bundle.ts';
import type { Server } from './capture.ts';
import {
  bin,
  ended,
  freePort,
  listenArgs,
  newDataDir,
  pause,
  type Running,
  runProgram,
  startBin,
  startProgram,
  stop,
  untilListening,
} from './processes.ts';

/** A relay in a process of its own, with no rate limits to speak of. */
export interface RunningRelay extends Running {
  readonly url: string;
  /** One of its own figures, by its name in `/metrics`; 0 when it is not there. */
  metric(name: string): Promise<number>;
}

const key = 'a-key-of-the-benchmarks-and-of-nobody-else';

/** Where senders reach an inbox. */
export const inboxUrl = (relay: RunningRelay, inbox: string): string => `${relay.url}/in/${inbox}/webhook`;

/** Starts `relay`, its log going to /dev/null. */
export async function startRelay(args: readonly string[] = []): Promise<RunningRelay> {
  const [port, dataDir] = [await freePort(), newDataDir()];
  const rates = ['--rate', '1000000/s', '--address-rate', '1000000/s', '--max-inboxes', '100000'];
  const own = ['relay', '--host', '127.0.0.1', '--port', String(port), '--data', join(dataDir, 'relay')];
  const token = ['--metrics-token', key];
  const running = await startBin([...own, ...token, ...rates, ...args], port, dataDir);
  const url = `http://127.0.0.1:${port}`;
  const metric = async (name: string): Promise<number> => {
    const text = await (
      await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
    ).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1) ?? 0);
  };
  return { ...running, url, metric };
}

/** A `listen` that takes an inbox's deliveries to an app; its lines are counted. */
export interface RunningListener extends Running {
  /** Lines that it has printed. */
  lines(): number;
}

/** Starts `listen --tunnel relay`; resolves when it takes connections at its own port: the relay may not know it yet. */
export async function startListener(
  relay: RunningRelay,
  inbox: string,
  args: readonly string[],
): Promise<RunningListener> {
  const [port, dataDir] = [await freePort(), newDataDir()];
  const to = ['--tunnel', 'relay', '--relay', relay.url, '--inbox', inbox, '--inbox-key', key];
  const all = [...listenArgs(dataDir, port), ...to, '--no-inspector', '--output', 'plain', ...args];
  const child = spawn(process.execPath, [bin, ...all], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: dataDir,
  });
  let lines = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    for (const byte of chunk) if (byte === 10) lines += 1;
  });
  await untilListening(port, child);
  return {
    ...{ child, lines: () => lines },
    stop: async () => {
      await stop(child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits until so many listeners are connected to a relay. */
async function untilConnected(relay: RunningRelay, count: number): Promise<void> {
  while ((await relay.metric('reducto_relay_listeners')) !== count) await pause(50);
}

/** A relay, and a `listen` behind it that passes what comes to the app. */
export async function relayToApp(app: string): Promise<Server> {
  const relay = await startRelay();
  const listener = await startListener(relay, 'bench', [app]);
  await untilConnected(relay, 1);
  return {
    url: inboxUrl(relay, 'bench'),
    stop: async () => {
      await listener.stop();
      await relay.stop();
    },
  };
}

/** A localtunnel server of this machine. */
async function localtunnelServer(): Promise<Running & { port: number }> {
  const port = await freePort();
  const options = ['--port', String(port), '--address', '127.0.0.1', '--domain', `lt.localhost:${port}`];
  const script = await bundleLocaltunnelServer();
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'ignore', 'inherit'] });
  await untilListening(port, child);
  return {
    ...{ child, port },
    stop: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}

/** The localtunnel server, and its plain client behind it that passes what comes to the app. */
export async function localtunnelToApp(app: string): Promise<Server> {
  const server = await localtunnelServer();
  const client = await startProgram('localtunnel-client', [
    `http://127.0.0.1:${server.port}`,
    new URL(app).port,
  ]);
  return {
    url: `http://127.0.0.1:${server.port}/webhook`,
    host: new URL(client.line).host,
    stop: async () => {
      await client.stop();
      await server.stop();
    },
  };
}

/** The same with a `listen` in place of the client. */
export async function listenBehindLocaltunnel(app: string): Promise<Server> {
  const server = await localtunnelServer();
  const [port, dataDir] = [await freePort(), newDataDir()];
  const to = ['--tunnel', 'localtunnel', '--tunnel-host', `http://127.0.0.1:${server.port}`];
  const own = ['listen', app, '--port', String(port), '--data', dataDir, '--output', 'json'];
  const child = spawn(process.execPath, [bin, ...own, ...to], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: dataDir,
  });
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    const look = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /"state":"open","url":"([^"]+)"/.exec(said)?.[1];
      if (found === undefined) return;
      child.stdout.off('data', look).resume();
      resolve(found);
    };
    child.stdout.on('data', look);
    child.once('exit', () => reject(new Error(`listen ended before its tunnel was open: ${said}`)));
  });
  return {
    url: `http://127.0.0.1:${server.port}/webhook`,
    host: new URL(url).host,
    stop: async () => {
      await stop(child);
      rmSync(dataDir, { recursive: true, force: true });
      await server.stop();
    },
  };
}

/**
 * Has so many bare listeners take an inbox each and leave, 100 at a time.
 * @param url of a relay, or of the bare WebSocket server
 * @returns seconds
 */
export const claimInboxes = (url: string, count: number): Promise<number> =>
  runProgram<number>('relay-listeners', [url, key, String(count), 'leave']);

/** So many bare listeners that stay, with an inbox each (`bench-0` and on), and answer what comes live. */
export const bareListeners = (url: string, count: number): Promise<Running> =>
  startProgram('relay-listeners', [url, key, String(count), 'stay']);
