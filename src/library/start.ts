import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeAll } from '../core/close.ts';
import { UserError } from '../core/errors.ts';
import type { TunnelStatus } from '../core/session.ts';
import { alreadyRunning, type Claim, claim } from '../inspector/claim.ts';
import { runtimeConfig } from '../runtime/config.ts';
import { Runtime, type RuntimeConfig } from '../runtime/runtime.ts';
import { chooseTunnels } from '../runtime/tunnel-settings.ts';
import type { CheckOptions, CheckReport } from './check.ts';
import { Dev } from './dev.ts';
import { type EmulateOptions, type StartOptions, settingsOf } from './options.ts';

/** ms that a tunnel has to open. */
const tunnelMs = 60_000;

/**
 * Starts the tool in this process, on free ports, with a history of its own. It prints nothing, listens to no signals,
 * and reads neither environment nor config file.
 * @throws UserError for wrong options, and when a tunnel that was asked for does not open
 */
export async function start(options: StartOptions = {}): Promise<Dev> {
  const given = settingsOf(options);
  const { data = mkdtempSync(join(tmpdir(), 'reducto-webhook-dev-')) } = given;
  const remove = (): void => {
    if (given.data === undefined) rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  };
  let opened: Opened | null = null;
  try {
    opened = await open(runtimeConfig({ ...given, data }, chooseTunnels(given)), given.data !== undefined);
    const { runtime, close } = opened;
    await tunnelOpen(runtime);
    const { deliveries } = await runtime.run('list', { limit: 1 });
    const apiKey = given.emulator?.apiKey || 'emulated';
    return Dev.of(runtime, {
      apiKey: String(apiKey),
      newest: deliveries[0]?.seq ?? 0,
      close: () => closeAll(close, remove),
    });
  } catch (error) {
    await closeAll(() => opened?.close(), remove);
    throw error;
  }
}

/**
 * Starts the emulated Reducto API: {@link start} with `emulate`.
 * @param settings of the API
 * @throws UserError as start does
 */
export const emulate = (
  settings: EmulateOptions = {},
  options: Omit<StartOptions, 'emulate'> = {},
): Promise<Dev> => start({ ...options, emulate: settings });

/**
 * Checks a handler, for a test that needs no session besides.
 * @throws UserError for wrong options, and when the app can't be reached or its effects not be seen
 */
export async function check(options: CheckOptions & { endpoint: string | number }): Promise<CheckReport> {
  const dev = await start({ endpoint: options.endpoint });
  try {
    return await dev.check(options);
  } finally {
    await dev.stop();
  }
}

interface Opened {
  runtime: Runtime;
  close(): Promise<void>;
}

/** @param shared whether the folder is one that other processes may want too, or read meanwhile */
async function open(config: RuntimeConfig, shared: boolean): Promise<Opened> {
  const claimed = shared ? await ours(config.dataDir) : null;
  try {
    const runtime = await Runtime.start(config);
    claimed?.lock.setPort(runtime.port);
    claimed?.api.serve({
      status: () => runtime.status(),
      run: (id, args, caller) => runtime.run(id as never, args as never, caller),
      tell: (code, message) => runtime.tell(code, message),
      live: runtime,
    });
    return {
      runtime,
      close: () =>
        closeAll(
          () => runtime.close(),
          () => claimed?.release(),
        ),
    };
  } catch (error) {
    await claimed?.release();
    throw error;
  }
}

async function ours(dataDir: string): Promise<Claim> {
  const claimed = await claim(dataDir);
  if ('owner' in claimed) throw alreadyRunning(claimed.owner, dataDir);
  return claimed;
}

/** Waits until the tunnel is open, where there is one. @throws UserError when it does not open in time */
async function tunnelOpen(runtime: Runtime): Promise<void> {
  const state = (): TunnelStatus => runtime.status().tunnel;
  if (state().order.length === 0) return;
  let stop: () => void = () => undefined;
  const done = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), tunnelMs);
    const look = (): void => {
      if (state().state === 'open') resolve(true);
    };
    const end = runtime.subscribe(look);
    stop = () => {
      clearTimeout(timer);
      end();
    };
    look();
  });
  const isOpen = await done.finally(stop);
  if (!isOpen)
    throw new UserError('tunnel', `The tunnel has not opened: ${state().reason ?? 'no reason given'}.`);
}
