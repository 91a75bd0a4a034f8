import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onCleanup } from './cleanup.ts';

/** A small TCP balancer: each connection goes to the next of its targets, or the one after when nobody is there. */
export interface Balancer {
  readonly url: string;
  /** Ports on this machine. */
  targets: number[];
}

/** Starts one on a free port; it ends with the test. */
export async function startBalancer(): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const balancer = { url: '', targets: [] as number[] };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const [first, ...others] = balancer.targets.map(
      (_, index) => balancer.targets[(turn + index) % balancer.targets.length]!,
    );
    turn += 1;
    track(client);
    join(client, [first!, ...others]);
  });
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  };
  const join = (client: Socket, [port, ...others]: number[]): void => {
    if (port === undefined) return void client.destroy();
    const target = connect(port, '127.0.0.1');
    track(target);
    target.once('connect', () => {
      client.pipe(target).pipe(client);
      client.once('close', () => target.destroy());
      target.once('close', () => client.destroy());
    });
    target.once('error', () => target.pending && join(client, others));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  balancer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onCleanup(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return balancer;
}
