import { setMaxListeners } from 'node:events';
import { mustNotFail, UserError, usageError } from '../../core/errors.ts';
import {
  type CatchUp,
  isInboxName,
  listenPath,
  mostRelayedBody,
  mostRelayedHead,
  relayVersions,
  subprotocolOf,
  type TakeRelayed,
} from '../../core/relay.ts';
import { untilAborted, withDeadline } from '../pause.ts';
import type { TunnelConnection, TunnelOpenOptions, TunnelProvider, TunnelSettings } from '../provider.ts';
import type { Listener, ListenerEvents, ListenerOptions } from '../relay-listener.ts';

const openTimeoutMs = 10_000;

/** The relay's URL. @throws UserError when none is set, or it is not an http(s) URL */
export function relayServer({ relay }: TunnelSettings): URL {
  if (relay === undefined)
    throw usageError('relay', 'Say which relay to listen to: --relay https://hooks.example.com.');
  return new URL(relay);
}

/**
 * An inbox on a relay, by one WebSocket from here to there.
 * @throws UserError when no relay is set, or a name can't be an inbox's
 */
export function createRelay(settings: TunnelSettings): TunnelProvider {
  const server = relayServer(settings);
  const inbox = settings.inbox ?? settings.ownName ?? '';
  if (!isInboxName(inbox))
    throw usageError(
      'inbox',
      `"${inbox}" can't be an inbox: use 1 to 63 lower-case letters and digits, with dashes inside only.`,
    );
  const { identity, catchUp = 'forward', lead = false } = settings;
  if (identity === undefined) throw new Error('a relay needs to know who listens');
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${listenPath}${inbox}`, server);
  url.protocol = server.protocol.replace('http', 'ws');
  url.search = `?listener=${identity.listener}${lead ? '&lead=1' : ''}`;
  const key = (): string => settings.inboxKey ?? identity.keyOf(server.href, inbox);
  let replaced = false;
  const onReplaced = (): void => {
    replaced = true;
  };
  return {
    name: 'relay',
    open: async (options) => {
      if (replaced) throw twoOfOne();
      return openListener({ url, key: key(), take: identity.take, catchUp, options, onReplaced });
    },
  };
}

/** Two would push each other out for ever: the one that was there before does not come back. */
const twoOfOne = (): UserError =>
  new UserError(
    'relay-replaced',
    'another listen took the place of this one in its own name: its data directory is a copy. Note the key (inbox key), remove relay.json from one of the two, and start that one again with --inbox-key.',
  );

interface Listening {
  url: URL;
  key: string;
  take: TakeRelayed;
  catchUp: CatchUp;
  options: TunnelOpenOptions;
  /** Told when another listens in the same name. */
  onReplaced(): void;
}

/** Connects, and goes on by another connection when the relay asks for that. */
async function openListener(listening: Listening): Promise<TunnelConnection> {
  const { options, take, catchUp } = listening;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // everybody who waits for an answer listens
  /** The last of them is the one of now. */
  const open = new Set<Listener>();
  let moving = false;
  const events: ListenerEvents = {
    ended: (listener, reason, replaced) => {
      const current = [...open].at(-1);
      open.delete(listener);
      if (closing.signal.aborted || listener !== current) return;
      if (replaced && !moving) listening.onReplaced();
      options.onFailure(reason);
    },
    drain: (leaving) => mustNotFail(move(leaving)),
  };
  const own: ListenerOptions = {
    ...{ events, catchUp },
    take: (request, as) => take(request, as, closing.signal),
  };
  const move = async (leaving: Listener): Promise<void> => {
    moving = true;
    try {
      const next = await connect(listening, own, closing.signal);
      if (closing.signal.aborted) return await next.close();
      open.add(next);
      await leaving.leave();
    } catch (error) {
      // No other is there: this one ends with its relay, once what is under way is answered, and that is told.
      if (!closing.signal.aborted && !(error instanceof UserError)) throw error;
    } finally {
      moving = false;
    }
  };
  const first = await connect(listening, own, options.signal);
  open.add(first);
  const { url, waiting } = first.hello;
  return {
    url: url.replace(/\/+$/, ''),
    note: waiting === 0 ? null : cameMeanwhile(waiting),
    close: async () => {
      closing.abort();
      await Promise.all([...open].map((listener) => listener.close()));
    },
  };
}

const cameMeanwhile = (count: number): string =>
  `${count === 1 ? 'a delivery' : `${count} deliveries`} came while nobody listened here: the relay kept ${count === 1 ? 'it' : 'them'}`;

/** One connection, once the relay has said hello. */
function connect(
  { url, key }: Pick<Listening, 'url' | 'key'>,
  options: ListenerOptions,
  signal: AbortSignal,
): Promise<Listener> {
  return withDeadline(openTimeoutMs, signal, async (bounded) => {
    // Loaded when they are needed: they cost the start some milliseconds.
    const [ws, { Listener }] = await Promise.all([import('ws'), import('../relay-listener.ts')]);
    const socket = new ws.default(url, relayVersions.map(subprotocolOf), {
      headers: { authorization: `Bearer ${key}` },
      perMessageDeflate: false,
      maxPayload: mostRelayedBody + mostRelayedHead,
    });
    const listener = new Listener(socket, options);
    try {
      await untilAborted(listener.greeted(url.host), bounded);
      return listener;
    } catch (error) {
      socket.terminate();
      throw error;
    }
  });
}
