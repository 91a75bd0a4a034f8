// The part of localtunnel that is used here, which @types/localtunnel leaves out.
declare module 'localtunnel/lib/TunnelCluster.js' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';

  interface Events {
    /** A connection to the server stands. */
    open: [Socket];
    /** A connection to the server was refused. */
    error: [Error];
  }

  export default class TunnelCluster extends EventEmitter<Events> {
    constructor(options: {
      remote_ip?: string;
      remote_host: string;
      remote_port: number;
      local_port: number;
    });
    /** Opens one connection to the server, and one to `localhost:<local_port>` behind it. */
    open(): void;
  }
}
