import { networkInterfaces } from 'node:os';
import { isLoopback } from '../core/endpoint.ts';
import { systemClock } from '../core/ids.ts';
import type { EmulatorStatus } from '../core/session.ts';
import type { Verifier } from '../core/verification.ts';
import type { WorkList } from '../dispatch/work.ts';
import type { Emulator, EmulatorEvent } from '../emulator/emulator.ts';
import type { Store } from '../store/store.ts';
import { listenNear } from './ports.ts';
import { isBelow } from './stranded-jobs.ts';
import { throttle } from './throttle.ts';

/** The port that the emulator has when none is given and it is free. */
export const defaultEmulatorPort = 4142;
// Between two statuses, at least so many ms: a burst of jobs is a few of them.
const statusInterval = 100;

/** What the emulator of a running tool was told. */
export interface EmulationConfig {
  /** Null for the default or the next free one. */
  port: number | null;
  /** See emulator/settings.ts; those left out have their defaults. */
  settings: Readonly<Record<string, unknown>>;
}

/** What it needs of the tool that it runs in. */
export interface EmulationHost {
  store: Store;
  work: WorkList;
  verify: Verifier;
  insecure: boolean;
  /** Where this tool's own receiver is reached now: its local URL, and its public one where there is one. */
  receiver(): { host: string; port: number; publicUrl: string | null };
  /** The receiver's door for what the emulator sends. */
  ingressUrl: string;
  /** Told of everything that happens in the emulator. */
  onEvent(event: EmulatorEvent): void;
  /** Told of what the user should know and would not see. */
  onProblem(code: string, message: string): void;
  /** Told when the status has changed, but not of each change in a burst. */
  onStatus(): void;
}

/** An emulator in a running tool. */
export interface Emulation {
  emulator: Emulator;
  status(): EmulatorStatus;
  /** Whether the default port was taken. */
  portMoved: boolean;
  close(): Promise<void>;
}

/**
 * Starts the emulator; its code is loaded here and nowhere else.
 * @throws UserError when a setting is wrong or the port can't be had
 */
export async function startEmulation(config: EmulationConfig, host: EmulationHost): Promise<Emulation> {
  const [{ createEmulator }, { createWebhookSender }, { parseEmulatorSettings }] = await Promise.all([
    import('../emulator/emulator.ts'),
    import('../emulator/sender.ts'),
    import('../emulator/settings.ts'),
  ]);
  const { store, work, verify, insecure, ingressUrl } = host;
  const sender = createWebhookSender({
    ...{ store, work, verify, insecure },
    clock: systemClock,
    ownTarget: (url) => ownTarget(url, host.receiver()),
    ingressUrl: () => ingressUrl,
  });
  const throttled = throttle(host.onStatus, statusInterval);
  const emulator = createEmulator({
    ...{ store, sender, settings: parseEmulatorSettings(config.settings) },
    onFaults: throttled.call,
  });
  emulator.subscribe((event) => {
    host.onEvent(event);
    throttled.call();
    if (event.type === 'unheard')
      host.onProblem(
        'no-svix-endpoint',
        `Job ${event.job.id} wants a Svix webhook, and no endpoint listens: add one at ${emulator.url}/svix/portal, or with svix-endpoints --add URL.`,
      );
  });
  const listen = (port: number): Promise<string> => emulator.listen(port);
  try {
    if (config.port === null) await listenNear(defaultEmulatorPort, listen);
    else await listen(config.port);
  } catch (error) {
    await emulator.close();
    throw error;
  }
  return {
    emulator,
    status: () => ({ url: emulator.url, ...emulator.counts, faults: emulator.faults }),
    portMoved: config.port === null && new URL(emulator.url).port !== String(defaultEmulatorPort),
    close() {
      throttled.stop();
      return emulator.close();
    },
  };
}

/** The target with which a webhook for `url` would come in at this tool's own receiver; null when it would not. */
export function ownTarget(url: URL, receiver: ReturnType<EmulationHost['receiver']>): string | null {
  const target = url.pathname + url.search;
  const { publicUrl } = receiver;
  if (publicUrl === null || url.host !== new URL(publicUrl).host)
    return isLocalReceiver(url, receiver) ? target : null;
  if (!isBelow(new URL(url.pathname, publicUrl).href, publicUrl)) return null;
  // A public URL may have a path of its own, which is not the app's: an inbox of a relay has.
  const own = target.slice(new URL(publicUrl).pathname.replace(/\/+$/, '').length);
  return own.startsWith('/') ? own : `/${own}`;
}

function isLocalReceiver(url: URL, { host, port }: ReturnType<EmulationHost['receiver']>): boolean {
  if (url.protocol !== 'http:' || Number(url.port || 80) !== port) return false;
  const everywhere = host === '0.0.0.0' || host === '::';
  const own = host.includes(':') ? `[${host}]` : host;
  if (url.hostname === own) return true;
  if (isLoopback(url.hostname)) return everywhere || isLoopback(own);
  return everywhere && ownAddresses().includes(url.hostname);
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flat()
    .flatMap((entry) => (entry ? [entry.family === 'IPv6' ? `[${entry.address}]` : entry.address] : []));
