import {
  AckPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  JetStreamError,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect, credsAuthenticator, errors, type NatsConnection, nanos } from '@nats-io/transport-node';
import { messageOf, UserError, usageError } from '../core/errors.ts';
import { atMost } from '../core/patience.ts';

/** What everything of ours in NATS is called by. */
export const streamName = 'REDUCTO_RELAY';
const logSubject = 'reducto.relay.in.';
/** Where the log of an inbox stands; an inbox's name is a token of a subject. */
export const subjectOf = (inbox: string): string => `${logSubject}${inbox}`;

/** ms that a server has for one request; while a leader is elected none answers. */
const requestMs = 2000;
/** ms in which a request is made again and again, and between two of them. */
const persistMs = 10_000;
const pauseMs = 100;
/** ms within which JetStream knows a delivery that is published again: longer than we persist. */
const duplicateWindowMs = 120_000;

/** Where NATS is, and how it is used. */
export interface LinkOptions {
  /** As in `nats://n1:4222`, with commas between them. */
  servers: string;
  /** A credentials file's content; null for none. */
  creds: Uint8Array | null;
  /** Servers that hold each thing. */
  replicas: number;
  /** ms that deliveries are kept. */
  keepMs: number;
}

/** A connection to NATS that comes back for ever, and what of JetStream is used by it. */
export interface Link {
  connection: NatsConnection;
  js: JetStreamClient;
  jsm: JetStreamManager;
  /** Names and the digests of their keys. */
  names: KV;
  /** Where listeners have got to. */
  listeners: KV;
  /** Who is there. */
  presence: KV;
}

/**
 * Connects, and makes what is not there yet.
 * @param presenceMs for which what is said of presence stays
 * @throws UserError when no server answers or lets us in, JetStream is off, or there are too few servers
 */
export async function openLink(options: LinkOptions, presenceMs: number): Promise<Link> {
  const connection = await connectTo(options);
  try {
    // Where this server has it, it may have no leader yet.
    const patienceMs = connection.info?.jetstream ? persistMs : 0;
    const jsm = await persist(() => jetstreamManager(connection, { timeout: requestMs }), patienceMs);
    const js = jetstream(connection, { timeout: requestMs });
    await persist(() => ensureLog(jsm, options));
    const kvm = new Kvm(js);
    // Read from the leader: a copy that lags behind would give a name away twice.
    const settings = { replicas: options.replicas, history: 1, allow_direct: false };
    const bucket = (name: string, more: { ttl?: number } = {}): Promise<KV> =>
      persist(() => ensureBucket(kvm, jsm, name, { ...settings, ...more }));
    return {
      ...{ connection, js, jsm },
      names: await bucket('reducto_relay_names'),
      listeners: await bucket('reducto_relay_listeners'),
      presence: await bucket('reducto_relay_presence', { ttl: presenceMs }),
    };
  } catch (error) {
    await connection.close();
    throw explained(error, options);
  }
}

async function connectTo({ servers, creds }: LinkOptions): Promise<NatsConnection> {
  const list = servers.split(',').map((server) => server.trim());
  try {
    return await connect({
      ...{ servers: list, name: 'reducto-webhook-dev relay', timeout: 5000 },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: 250, pingInterval: 10_000 },
      ...(creds && { authenticator: credsAuthenticator(creds) }),
    });
  } catch (error) {
    const at = list.join(', ').replace(/\/\/[^@,/]*@/g, '//');
    if (error instanceof errors.AuthorizationError)
      throw usageError('nats', `NATS at ${at} does not let this relay in: check --nats-creds.`);
    throw new UserError(
      'nats',
      `No NATS server answers at ${at}: start one with JetStream (nats-server -js), or say where they are with --nats-url (${messageOf(error)}).`,
      1,
      { cause: error },
    );
  }
}

async function ensureLog(jsm: JetStreamManager, { replicas, keepMs }: LinkOptions): Promise<void> {
  const settings = {
    ...{ subjects: [`${logSubject}*`], num_replicas: replicas, max_age: nanos(keepMs) },
    ...{ discard: DiscardPolicy.New, duplicate_window: nanos(duplicateWindowMs) },
  };
  try {
    await jsm.streams.info(streamName);
    await jsm.streams.update(streamName, settings);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const fixed = { storage: StorageType.File, retention: RetentionPolicy.Limits };
    await jsm.streams.add({ ...settings, ...fixed, name: streamName });
  }
}

async function ensureBucket(
  kvm: Kvm,
  jsm: JetStreamManager,
  name: string,
  settings: { replicas: number; ttl?: number },
): Promise<KV> {
  const kv = await kvm.create(name, settings);
  const { streamInfo } = await kv.status();
  // As the log, it may have been made when there were fewer servers.
  if (streamInfo.config.num_replicas !== settings.replicas)
    await jsm.streams.update(streamInfo.config.name, { num_replicas: settings.replicas });
  return kv;
}

/** JetStream's `err_code` for more copies than servers: in a cluster, where more may come in a moment, and without one. */
const noPeers: ReadonlySet<number> = new Set([10_005, 10_023]);
const noCluster = 10_074;

/** An error of the start as one that says what to do. */
function explained(error: unknown, { replicas }: LinkOptions): unknown {
  const cause = error instanceof UserError ? error.cause : error;
  if (isOff(cause) || isNoResponder(cause))
    return usageError(
      'nats',
      'JetStream is off on this NATS server: start it with -js, or with a jetstream block in its configuration.',
    );
  if (cause instanceof JetStreamApiError && (cause.code === noCluster || noPeers.has(cause.code)))
    return usageError(
      'nats',
      `There are fewer NATS servers with JetStream than --nats-replicas asks for (${replicas}): ${cause.message}.`,
    );
  if (cause instanceof errors.PermissionViolationError)
    return usageError('nats', `This NATS user may not do what a relay does: ${cause.message}.`);
  return error;
}

/** Whether nobody was there for a request. */
export const isNoResponder = (error: unknown): boolean =>
  error instanceof errors.NoRespondersError ||
  (error instanceof errors.RequestError && error.isNoResponders());

const ours: readonly (new (...args: never[]) => Error)[] = [
  ...[errors.TimeoutError, errors.NoRespondersError, errors.RequestError, errors.ConnectionError],
  ...[errors.ClosedConnectionError, errors.DrainingConnectionError, errors.PermissionViolationError],
  ...[JetStreamError, JetStreamApiError],
];

/** Whether NATS, and no bug, is why something failed. */
export const isNatsError = (error: unknown): error is Error =>
  ours.some((type) => error instanceof type) || isOff(error);

/** Whether nobody is JetStream, or nobody leads it now; the class of this error is not published. */
const isOff = (error: unknown): boolean => error instanceof Error && error.name === 'JetStreamNotEnabled';

const missing: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamNotFound,
  JetStreamApiCodes.ConsumerNotFound,
]);

/** Whether a stream or a consumer is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof JetStreamApiError && missing.has(error.code);

/** What will not be otherwise in a moment. */
const isFinal = (error: unknown): boolean =>
  error instanceof errors.ClosedConnectionError ||
  error instanceof errors.PermissionViolationError ||
  (error instanceof JetStreamApiError &&
    (error.code === noCluster || (error.status < 500 && !noPeers.has(error.code))));

/**
 * Does something until it succeeds: while a leader is elected, and while the connection is away, requests fail.
 * @param patienceMs in all
 * @throws UserError `nats` when it does not in time
 */
export async function persist<T>(work: () => Promise<T>, patienceMs = persistMs): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isNatsError(error)) throw error;
      if (isFinal(error) || performance.now() > until)
        throw new UserError('nats', `NATS does not do it: ${messageOf(error)}`, 1, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** For what may be left undone while NATS is away. */
export async function unlessAway(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isNatsError(error)) throw error;
  }
}

/** Sends what is on its way and ends the connection; ends it anyway while NATS is away. */
export async function closeLink({ connection }: Link): Promise<void> {
  await atMost(requestMs, unlessAway(connection.drain()));
  await connection.close();
}

/** The settings of a consumer of ours. */
export const explicitly = { ack_policy: AckPolicy.Explicit } as const;
