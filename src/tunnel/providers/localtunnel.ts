/// <reference path="./localtunnel-cluster.d.ts" />
import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import * as z from 'zod';
import { isLoopbackName } from '../../core/endpoint.ts';
import { mustNotFail, UserError, usageError } from '../../core/errors.ts';
import { jsonValue } from '../../core/json.ts';
import { printable } from '../../core/text.ts';
import { ask } from '../http.ts';
import { pause, untilAborted, withDeadline } from '../pause.ts';
import type { TunnelConnection, TunnelOpenOptions, TunnelProvider, TunnelSettings } from '../provider.ts';

const defaultHost = 'https://loca.lt';
const openTimeoutMs = 8_000;
/** The server waits 1 s for a client that has gone to come back. */
const nameHeldMs = 1_500;
/** ms before a connection is opened again, at most, to a server that closes each before a request has come. */
const longestPauseMs = 5_000;

/** What the server answers to the request for a name. */
const registrationSchema = z.object({
  id: z.string().min(1),
  /** Where our connections go. */
  port: z.int().min(1).max(65_535),
  url: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  max_conn_count: z.int().min(1).max(100).catch(1),
  /** Where the name's own server stands, when it is not the host that was asked. */
  ip: z.string().optional(),
});

type Registration = z.infer<typeof registrationSchema>;

/** The server that a name is asked of. @throws UserError when `host` is not an http(s) URL */
export function localtunnelServer({ host = defaultHost }: TunnelSettings): URL {
  if (!URL.canParse(host) || !/^https?:$/.test(new URL(host).protocol))
    throw usageError('tunnel-host', `"${host}" is not an http(s) URL: give for example ${defaultHost}.`);
  return new URL(host);
}

/**
 * localtunnel, from loca.lt or a server of one's own.
 *
 * Of the localtunnel package this uses the part that carries the connections. Its own request for a name can't
 * be cancelled, is repeated every second for ever, whatever the answer, and says nothing of it: it is made here.
 * @throws UserError when `host` is not an http(s) URL, or no server would take the name
 */
export function createLocaltunnel(settings: TunnelSettings): TunnelProvider {
  const server = localtunnelServer(settings);
  const { subdomain, ownName } = settings;
  if (subdomain !== undefined) checkSubdomain(subdomain);
  let wanted = subdomain ?? ownName;

  const openOnce = (options: TunnelOpenOptions): Promise<TunnelConnection & { name: string }> =>
    withDeadline(openTimeoutMs, options.signal, async (signal) => {
      const registration = await register(server, wanted, signal);
      return connect(server, registration, { ...options, signal });
    }).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      throw new UserError('tunnel', `No tunnel from ${server.origin}: ${error.message}`, 1, { cause: error });
    });

  return {
    name: 'localtunnel',
    open: async (options) => {
      let connection = await openOnce(options);
      if (wanted !== undefined && connection.name !== wanted) {
        // Its holder may be our own last connection, or our last run, which the server has not let go of yet.
        await connection.close();
        await pause(nameHeldMs, options.signal);
        connection = await openOnce(options);
      }
      // A name that was given is kept.
      wanted ??= connection.name;
      if (connection.name === wanted) return connection;
      return {
        ...connection,
        note: `the name "${wanted}" is held by another client: this URL is good for now only`,
      };
    },
  };
}

function checkSubdomain(subdomain: string): void {
  // The server's own rule.
  if (!/^(?:[a-z0-9][a-z0-9-]{4,61}[a-z0-9]|[a-z0-9]{4,63})$/.test(subdomain))
    throw usageError(
      'subdomain',
      `"${subdomain}" can't be a subdomain: use 4 to 63 lower-case letters and digits, with dashes inside only.`,
    );
}

async function register(
  server: URL,
  subdomain: string | undefined,
  signal: AbortSignal,
): Promise<Registration> {
  const { status, body } = await ask(new URL(subdomain ?? '?new', server), { maxBytes: 10_000, signal });
  const parsed = registrationSchema.safeParse(jsonValue(body));
  if (status === 200 && parsed.success) return parsed.data;
  if (status === 200) throw new UserError('protocol', 'what answers there is not a localtunnel server');
  throw new UserError('status', `it answered with status ${status}: ${printable(body.slice(0, 200))}`);
}

/** Opens the connections and resolves with the first that stands. */
async function connect(
  server: URL,
  { id, url, port, ip, max_conn_count }: Registration,
  options: TunnelOpenOptions,
): Promise<TunnelConnection & { name: string }> {
  // Loaded when it is needed: it costs the start some milliseconds.
  const { default: TunnelCluster } = await import('localtunnel/lib/TunnelCluster.js');
  const cluster = new TunnelCluster({
    // Without local_host, which would make it rewrite the Host header.
    local_port: options.port,
    remote_host: isLoopbackName(server.hostname) ? 'localhost' : server.hostname,
    remote_port: port,
    ...(ip === undefined ? {} : { remote_ip: ip }),
  });
  const sockets = new Set<Socket>();
  /** The connections to the receiver behind them. */
  const locals = new Set<Socket>();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // one for each connection that waits
  /** Connections in a row that ended before anything came by them. */
  let barren = 0;

  const reopen = async (): Promise<void> => {
    // All may end at once, when the server was started anew; those beyond are of a server that takes none.
    const rounds = Math.floor(barren / max_conn_count);
    if (rounds > 1) await pause(Math.min(longestPauseMs, 50 * 2 ** rounds), closing.signal);
    if (!closing.signal.aborted) cluster.open();
  };
  const close = async (): Promise<void> => {
    closing.abort();
    const open = [...sockets, ...locals];
    const gone = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of open) socket.destroy();
    await Promise.all(gone);
  };
  const fail = (sign: string): void => {
    if (!closing.signal.aborted) options.onFailure(sign);
  };

  cluster.on('open', (socket) => {
    sockets.add(socket);
    // One whose other end is destroyed reads no more, and would never see that the receiver has hung up.
    const pipe = socket.pipe.bind(socket) as (local: Socket) => Socket;
    const pipeAndKnow = (local: Socket): Socket => {
      locals.add(local);
      local.once('close', () => locals.delete(local));
      if (socket.destroyed) local.destroy();
      return pipe(local);
    };
    Object.assign(socket, { pipe: pipeAndKnow });
    // Its "dead" event is missing when the local end was reset, so that each reset would cost a connection.
    socket.once('close', () => {
      sockets.delete(socket);
      barren = socket.bytesRead > 0 ? 0 : barren + 1;
      mustNotFail(reopen());
      if (sockets.size === 0) fail('all connections to the tunnel server were lost');
    });
    if (closing.signal.aborted) socket.destroy();
  });
  try {
    options.signal.throwIfAborted();
    const opened = new Promise<void>((resolve, reject) => {
      cluster.on('error', (error) => {
        fail(printable(error.message));
        reject(new UserError('refused', printable(error.message)));
      });
      cluster.once('open', () => resolve());
      for (let count = 0; count < max_conn_count; count += 1) cluster.open();
    });
    await untilAborted(opened, options.signal);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, name: id, note: null, close };
}
