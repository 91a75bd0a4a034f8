import Reducto from 'reductoai';
import type { Clock } from '../../src/core/ids.ts';
import { systemClock } from '../../src/core/ids.ts';
import { WorkList } from '../../src/dispatch/work.ts';
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { createWebhookSender, type WebhookSenderOptions } from '../../src/emulator/sender.ts';
import { parseEmulatorSettings } from '../../src/emulator/settings.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';

export interface TestEmulator {
  emulator: Emulator;
  url: string;
  store: Store;
  work: WorkList;
  dataDir: string;
  /** The official SDK, unmodified, with nothing but a key and REDUCTO_BASE_URL's option. */
  sdk: Reducto;
  /** `fetch` with a key and JSON, where there is a body. */
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: unknown; headers: Headers }>;
  /** Resolves when no job runs any more and no webhook is to be sent. */
  idle(timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
}

export interface TestEmulatorOptions {
  settings?: Record<string, unknown>;
  clock?: Clock;
  dataDir?: string;
  sender?: Partial<WebhookSenderOptions>;
}

/** Starts an emulator whose jobs take next to no time, on a store of its own. */
export async function startEmulator(options: TestEmulatorOptions = {}): Promise<TestEmulator> {
  const { clock = systemClock, dataDir = tempDir() } = options;
  const store = openStore(dataDir, { clock });
  const work = new WorkList();
  const sender = createWebhookSender({ store, clock, work, ...options.sender });
  const settings = parseEmulatorSettings({ jobTime: '0-5ms', ...options.settings });
  const emulator = createEmulator({ store, sender, settings, clock });
  const url = await emulator.listen(0);
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await emulator.close();
    await store.close();
  };
  onCleanup(close);
  return {
    ...{ emulator, url, store, work, dataDir, close },
    sdk: new Reducto({ apiKey: 'test-key', baseURL: url }),
    async call(method, path, body) {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: 'Bearer test-key',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        json: text === '' ? undefined : JSON.parse(text),
        headers: response.headers,
      };
    },
    async idle(timeoutMs = 10_000) {
      await waitFor(() => emulator.busy === 0, { timeoutMs, what: 'the end of all jobs' });
    },
  };
}
