import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterInfo, type JetStreamManager, jetstreamManager, type PeerInfo } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { onCleanup, tempDir } from './cleanup.ts';
import { freePort } from './localtunnel-server.ts';
import { kill } from './process.ts';
import { waitFor } from './wait.ts';

/** One real `nats-server` (Debian's) with JetStream, in a process of its own. */
export interface NatsNode {
  readonly name: string;
  readonly url: string;
  /** Starts it, again after `kill()`, on the same port and store; resolves when it takes connections. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it, and starts it with nothing in its store. */
  renew(): Promise<void>;
}

/** Some that are one cluster. */
export interface Nats {
  /** As `--nats-url` takes them. */
  readonly urls: string;
  readonly nodes: readonly NatsNode[];
}

/** ms after which a node whose copies are behind is helped, and then again. */
const helpAfterMs = 5000;

/**
 * Waits until every copy of what a cluster keeps is up to date, as who restarts its nodes in turn has to. In NATS 2.9 one
 * may stay behind for good on a node that was killed: as its operator would, the node is emptied, and takes all from the
 * others.
 */
export async function caughtUp({ urls, nodes }: Nats): Promise<void> {
  const connection = await connect({ servers: urls.split(',') });
  let helpAt = performance.now() + helpAfterMs;
  const check = async (): Promise<boolean> => {
    const groups = await groupsOf(await jetstreamManager(connection, { timeout: 8000 }));
    if (groups.every(isWhole)) return true;
    if (performance.now() > helpAt) {
      const peers = groups.flatMap(({ cluster }) => cluster?.replicas ?? []);
      const behind = new Set(peers.filter((peer) => !isCurrent(peer)).map(({ name }) => name));
      for (const node of nodes.filter(({ name }) => behind.has(name))) await node.renew();
      helpAt = performance.now() + helpAfterMs;
    }
    return false;
  };
  try {
    // Without a leader yet none answers: it is asked again.
    await waitFor(check, { timeoutMs: 60_000, what: 'all copies to be current' });
  } finally {
    await connection.close();
  }
}

/** A stream or a consumer: where its copies are, and how many there should be. */
interface Group {
  cluster: ClusterInfo | undefined;
  copies: number;
}

async function groupsOf(jsm: JetStreamManager): Promise<Group[]> {
  const groups: Group[] = [];
  for await (const { config, cluster } of jsm.streams.list()) {
    groups.push({ cluster, copies: config.num_replicas });
    for await (const consumer of jsm.consumers.list(config.name))
      groups.push({
        cluster: consumer.cluster,
        copies: consumer.config.num_replicas || config.num_replicas,
      });
  }
  return groups;
}

const isWhole = ({ cluster, copies }: Group): boolean =>
  Boolean(cluster?.leader) && (cluster?.replicas ?? []).filter(isCurrent).length === copies - 1;

const isCurrent = ({ current, offline }: PeerInfo): boolean => current && !offline;

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
    return new Node(`n${index}`, port, dir, config);
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
  readonly #store: string;
  #child: ChildProcess | null = null;

  constructor(
    readonly name: string,
    port: number,
    dir: string,
    config: string,
  ) {
    this.url = `nats://127.0.0.1:${port}`;
    this.#config = join(dir, 'nats.conf');
    this.#store = join(dir, 'store');
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

  async renew(): Promise<void> {
    await this.kill();
    rmSync(this.#store, { recursive: true });
    await this.start();
  }

  kill = (): Promise<void> => kill(this.#child);
}
