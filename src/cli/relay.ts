import { readFileSync } from 'node:fs';
import { closeAll } from '../core/close.ts';
import { lossNote } from '../core/damage.ts';
import { messageOf, UserError, usageError } from '../core/errors.ts';
import { systemClock } from '../core/ids.ts';
import { claim } from '../inspector/claim.ts';
import { type Backend, leastKeptMs } from '../relay/backend.ts';
import { FileBackend, type FileBackendOptions } from '../relay/file-backend.ts';
import { jsonLog, type Log } from '../relay/log.ts';
import { startRelay } from '../relay/relay.ts';
import { holdSignals, onceTold } from './ending.ts';
import { type GivenRelaySettings, parseRelayFlags } from './relay-options.ts';

const day = 24 * 60 * 60 * 1000;
const megabyte = 1024 * 1024;
/** ms that another process which has the folder is given to let go of it. */
const ownerPatienceMs = 3_000;
/** Copies that JetStream makes at most. */
const mostReplicas = 5;

/** `relay`: runs until it is told to stop. @throws UserError for wrong flags, a taken port or a folder of no use */
export async function relay(flags: Readonly<Record<string, unknown>>): Promise<void> {
  const given = parseRelayFlags(flags);
  const log = jsonLog((line) => process.stdout.write(line), systemClock.now);
  const tls = readTls(given);
  const signals = holdSignals();
  const stopped = new Promise<string>(onceTold);
  const backend = await openBackend(given, log);
  try {
    const running = await startRelay({
      ...{ backend, tls, log, clock: systemClock },
      ...{ host: given.host ?? '::', port: given.port ?? 8080 },
      ...{ publicUrl: given.publicUrl ?? null, domain: given.domain ?? null },
      ...{ whenAway: given.whenAway ?? 'keep', answerWithinMs: given.answerWithin ?? 14_000 },
      rates: {
        inbox: given.rate ?? { count: 200, perMs: 1000 },
        address: given.addressRate ?? { count: 200, perMs: 1000 },
      },
      most: { perInbox: given.inboxListeners ?? 50, inAll: given.maxListeners ?? 5000 },
      pingEveryMs: given.pingEvery ?? 10_000,
      ...{ trustProxy: given.trustProxy ?? false, metricsToken: given.metricsToken ?? null },
    });
    log('info', 'ready', { url: running.url, port: running.port, backend: backend.name });
    const signal = await stopped;
    log('info', 'told to stop', { signal });
    signals.closing();
    await running.close();
  } catch (error) {
    await backend.close();
    throw error;
  } finally {
    signals.release();
  }
}

async function openBackend(given: GivenRelaySettings, log: Log): Promise<Backend> {
  const quota = {
    inboxes: given.maxInboxes ?? 10_000,
    deliveries: given.maxDeliveries ?? 100_000,
    bytes: given.maxBytes ?? 1024 * megabyte,
    keepMs: given.keep ?? 7 * day,
  };
  if (quota.keepMs < leastKeptMs)
    throw usageError('keep', '--keep: less than 24h would lose what came over night.');
  const maxBytes = given.maxBody ?? 10 * megabyte;
  if (given.backend !== 'nats') {
    const dataDir = given.data ?? 'relay-data';
    const claimed = await claim(dataDir, { patienceMs: ownerPatienceMs });
    if ('owner' in claimed)
      throw new UserError(
        'data-dir-in-use',
        `Another process (${claimed.owner.pid}) has ${dataDir}: stop it, or give this relay a folder of its own with --data.`,
      );
    try {
      return new OwnedBackend(
        { dataDir, quota, maxBytes, clock: systemClock, onLoss: (loss) => log('error', lossNote(loss)) },
        () => claimed.release(),
      );
    } catch (error) {
      await claimed.release();
      throw error;
    }
  }
  const servers = given.natsUrl ?? 'nats://127.0.0.1:4222';
  const { NatsBackend } = await import('../relay/nats-backend.ts');
  return NatsBackend.open({
    ...{ servers, quota, maxBytes, clock: systemClock, log },
    creds: given.natsCreds === undefined ? null : readCreds(given.natsCreds),
    replicas: given.natsReplicas ?? Math.min(mostReplicas, servers.split(',').length),
  });
}

function readCreds(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw usageError('nats-creds', `--nats-creds can't be read: ${messageOf(error)}.`);
  }
}

/** The file backend, in a folder that no other process has meanwhile. */
class OwnedBackend extends FileBackend {
  constructor(
    options: FileBackendOptions,
    private readonly release: () => Promise<void>,
  ) {
    super(options);
  }

  override async close(): Promise<void> {
    await closeAll(
      () => super.close(),
      () => this.release(),
    );
  }
}

function readTls({ tlsCert, tlsKey }: GivenRelaySettings): { cert: Buffer; key: Buffer } | null {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined)
    throw usageError('tls', 'TLS needs both --tls-cert and --tls-key.');
  try {
    return { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  } catch (error) {
    throw usageError('tls', `The certificate or its key can't be read: ${messageOf(error)}.`);
  }
}
