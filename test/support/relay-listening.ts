import type { TunnelConnection, TunnelSettings } from '../../src/tunnel/provider.ts';
import { createRelay } from '../../src/tunnel/providers/relay.ts';
import { startReceiver, type TestReceiver, type TestReceiverOptions } from '../receiver/start.ts';
import { onCleanup } from './cleanup.ts';
import { aKey, newListener } from './relay.ts';

/** A receiver that listens to the inbox "box". */
export interface Listening extends TestReceiver {
  readonly connection: TunnelConnection;
  /** Signs of a broken connection. */
  readonly failures: readonly string[];
  /** Connects once more, as the supervisor would after a failure. */
  again(): Promise<TunnelConnection>;
}

/** Starts one. */
export async function startListening(
  relay: { readonly url: string },
  { settings = {}, ...options }: TestReceiverOptions & { settings?: TunnelSettings } = {},
): Promise<Listening> {
  const receiver = await startReceiver({ maxBody: 11 * 1024 * 1024, ...options });
  const port = await receiver.receiver.listen('localhost', 0, 'tunnel');
  const failures: string[] = [];
  const identity = { listener: newListener(), token: 'token of these tests', keyOf: () => aKey };
  const provider = createRelay({ relay: relay.url, inbox: 'box', identity, ...settings });
  const { signal } = new AbortController();
  const again = async (): Promise<TunnelConnection> => {
    const opened = await provider.open({ port, signal, onFailure: (sign) => failures.push(sign) });
    onCleanup(() => opened.close());
    return opened;
  };
  return { ...receiver, connection: await again(), failures, again };
}
