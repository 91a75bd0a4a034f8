import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { onCleanup } from './cleanup.ts';

/** An app that is nothing but a socket: it judges what is on the wire without an HTTP library between. */
export interface RawApp {
  readonly url: string;
  /** The pieces that came on all connections. */
  readonly pieces: readonly Buffer[];
  /** All that came. */
  received(): { head: string; body: Buffer };
}

/** Starts one. It answers 200 once `bodyBytes` bytes of body are there; never when that is null. */
export async function startRawApp(bodyBytes: number | null): Promise<RawApp> {
  const pieces: Buffer[] = [];
  const received = (): { head: string; body: Buffer } => {
    const all = Buffer.concat(pieces);
    const end = all.indexOf('\r\n\r\n');
    return end === -1
      ? { head: all.toString('latin1'), body: Buffer.alloc(0) }
      : { head: all.subarray(0, end).toString('latin1'), body: all.subarray(end + 4) };
  };
  const server = createServer((socket) => {
    onCleanup(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      pieces.push(bytes);
      if (bodyBytes !== null && received().body.length >= bodyBytes)
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pieces, received };
}
