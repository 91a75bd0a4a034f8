import type { RelayIdentity, TunnelConnection, TunnelSettings } from '../../src/tunnel/provider.ts';
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

export interface ListeningOptions extends TestReceiverOptions {
  settings?: TunnelSettings;
  /** In whose name, 32 hex digits. */
  listener?: string;
}

/** Starts one. */
export async function startListening(
  relay: { readonly url: string },
  { settings = {}, listener = newListener(), ...options }: ListeningOptions = {},
): Promise<Listening> {
  const receiver = await startReceiver({ maxBody: 11 * 1024 * 1024, ...options });
  const { port } = receiver;
  const failures: string[] = [];
  const identity: RelayIdentity = { listener, take: receiver.receiver.takeRelayed, keyOf: () => aKey };
  const provider = createRelay({ relay: relay.url, inbox: 'box', identity, ...settings });
  const { signal } = new AbortController();
  const again = async (): Promise<TunnelConnection> => {
    const opened = await provider.open({ port, signal, onFailure: (sign) => failures.push(sign) });
    onCleanup(() => opened.close());
    return opened;
  };
  return { ...receiver, connection: await again(), failures, again };
}
