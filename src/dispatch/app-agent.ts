import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HeadMender } from './answer-head.ts';
import { connectTo } from './connect.ts';

/** ms after which an idle connection is closed: shorter than servers keep theirs, most of them 5 s. */
const idleMs = 4000;

const menders = new WeakMap<Socket, HeadMender>();

/** What mends the answer to a request; only once the request has its connection. */
export const menderOf = ({ socket }: ClientRequest): HeadMender | undefined =>
  socket ? menders.get(socket) : undefined;

/** What a request needs to have its connection made. */
export interface Connecting {
  host: string;
  port: number;
  /** Gives up an attempt to connect. */
  life: AbortSignal;
}

/** Connections to apps, kept alive; each is up, and its certificate judged, before a request has it. */
export class AppAgent extends Agent {
  constructor(
    private readonly secure: boolean,
    private readonly insecure: boolean,
  ) {
    super({ keepAlive: true, timeout: idleMs });
  }

  // Without a socket returned at once, Node waits for the callback.
  override createConnection = (
    options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined => {
    const { host, port, life } = options as unknown as Connecting;
    connectTo({ host, port, secure: this.secure }, { insecure: this.insecure, signal: life }).then(
      (socket) => {
        menders.set(socket, new HeadMender(socket));
        callback!(null, socket);
      },
      (error: Error) => callback!(error, undefined as never),
    );
  };
}
