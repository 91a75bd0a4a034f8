import { Runtime, type RuntimeConfig } from '../../src/runtime/runtime.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';

/** A running tool on free ports and a new data directory, closed with the test if that has not done so. */
export async function start(config: Partial<RuntimeConfig> = {}): Promise<Runtime> {
  const runtime = await Runtime.start({
    dataDir: tempDir(),
    endpoints: [],
    port: 0,
    host: '127.0.0.1',
    ack: 'app',
    allowHost: ['x'],
    rejectUnverified: false,
    fault: '',
    seed: undefined,
    keep: 1000,
    maxBody: 1024 * 1024,
    timeout: 5000,
    ...config,
  });
  let closed: Promise<void> | null = null;
  const close = runtime.close.bind(runtime);
  runtime.close = () => {
    closed ??= close();
    return closed;
  };
  onCleanup(() => runtime.close());
  return runtime;
}
