import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterInfo, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { onCleanup, tempDir } from './cleanup.ts';
import { freePort } from './localtunnel-server.ts';
import { kill } from './process.ts';
import { waitFor } from './wait.ts';

/** One real `nats-server` (Debian's) with JetStream, in a process of its own. */
export interface NatsNode {
  readonly url: string;
  /** Starts it, again after `kill()`, on the same port and store; resolves when it takes connections. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Some that are one cluster. */
export interface Nats {
  /** As `--nats-url` takes them. */
  readonly urls: string;
  readonly nodes: readonly NatsNode[];
}

/** ms after which a consumer's copy that is behind is helped. */
const helpAfterMs = 3000;

/**
 * Waits until every copy of what a cluster keeps is up to date, as who restarts its nodes in turn has to. In NATS 2.9 the
 * copy of a consumer may stay behind on a node that was killed until its leader steps down, which operators then ask for.
 */
export async function caughtUp({ urls }: Nats): Promise<void> {
  const connection = await connect({ servers: urls.split(',') });
  let helpAt = performance.now() + helpAfterMs;
  try {
    const help = async (stream: string, consumer: string): Promise<void> => {
      if (performance.now() < helpAt) return;
      helpAt = performance.now() + helpAfterMs;
      await connection.request(`$JS.API.CONSUMER.LEADER.STEPDOWN.${stream}.${consumer}`, '', {
        timeout: 2000,
      });
    };
    // Without a leader yet none answers: it is asked again.
    const look = async (): Promise<boolean> =>
      isCaughtUp(await jetstreamManager(connection, { timeout: 2000 }), help);
    await waitFor(() => look().catch(() => false), { timeoutMs: 60_000, what: 'all copies to be current' });
  } finally {
    await connection.close();
  }
}

async function isCaughtUp(
  jsm: JetStreamManager,
  onBehind: (stream: string, consumer: string) => Promise<void>,
): Promise<boolean> {
  for await (const { config, cluster } of jsm.streams.list()) {
    if (!isWhole(cluster, config.num_replicas)) return false;
    for await (const consumer of jsm.consumers.list(config.name))
      if (!isWhole(consumer.cluster, consumer.config.num_replicas || config.num_replicas)) {
        await onBehind(config.name, consumer.name);
        return false;
      }
  }
  return true;
}

const isWhole = (cluster: ClusterInfo | undefined, copies: number): boolean =>
  Boolean(cluster?.leader) &&
  (cluster?.replicas ?? []).filter(({ current, offline }) => current && !offline).length === copies - 1;

/**
 * Starts NATS; it ends with the test.
 * @param count 1, or 3 for a cluster
 * @param settings more lines of each server's configuration; `jetstream: false` for none of that
 */
export async function startNats(
  count = 1,
  { settings = '', jetstream = true }: { settings?: string; jetstream?: boolean } = {},
): Promise<Nats> {
  const [ports, routes]: [number[], number[]] = [[], []];
  for (let index = 0; index < count; index += 1) {
    ports.push(await freePort());
    routes.push(await freePort());
  }
  const cluster = (own: number): string => `cluster {
    name: test
    listen: 127.0.0.1:${own}
    routes: [${routes.map((port) => `nats://127.0.0.1:${port}`).join(', ')}]
  }`;
  const nodes = ports.map((port, index) => {
    const dir = tempDir();
    const config = [
      `server_name: n${index}`,
      `listen: 127.0.0.1:${port}`,
      ...(jetstream ? [`jetstream { store_dir: ${JSON.stringify(join(dir, 'store'))} }`] : []),
      ...(count > 1 ? [cluster(routes[index]!)] : []),
      settings,
    ].join('\n');
    return new Node(port, dir, config);
  });
  for (const node of nodes) onCleanup(() => node.kill());
  await Promise.all(nodes.map((node) => node.start()));
  if (count > 1)
    await waitFor(() => nodes.some((node) => /JetStream cluster new metadata leader/.test(node.log())), {
      timeoutMs: 30_000,
      what: 'a leader of the cluster',
    });
  return { urls: nodes.map(({ url }) => url).join(','), nodes };
}

class Node implements NatsNode {
  readonly url: string;
  readonly #config: string;
  readonly #log: string;
  #child: ChildProcess | null = null;

  constructor(port: number, dir: string, config: string) {
    this.url = `nats://127.0.0.1:${port}`;
    this.#config = join(dir, 'nats.conf');
    this.#log = join(dir, 'nats.log');
    writeFileSync(this.#config, config);
  }

  log(): string {
    return readFileSync(this.#log, 'utf8');
  }

  async start(): Promise<void> {
    writeFileSync(this.#log, '');
    const child = spawn('/usr/sbin/nats-server', ['-c', this.#config, '-l', this.#log], { stdio: 'ignore' });
    this.#child = child;
    await waitFor(
      () => {
        if (child.exitCode !== null) throw new Error(`nats-server ended:\n${this.log()}`);
        return this.log().includes('Server is ready');
      },
      { timeoutMs: 20_000, what: 'nats-server' },
    );
  }

  kill = (): Promise<void> => kill(this.#child);
}
