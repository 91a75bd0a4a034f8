import type { CatchUp, TakeRelayed } from '../core/relay.ts';

/** What it takes to open one connection. */
export interface TunnelOpenOptions {
  /** The receiver's port on this machine; the tunnel connects to `localhost`. */
  port: number;
  /** Gives the opening up; has no effect on a connection that is open. */
  signal: AbortSignal;
  /**
   * Told of everything that may mean that the connection is broken, in one line for a person; may come often
   * and be a false alarm. Never called after `close()`.
   */
  onFailure(sign: string): void;
}

/** Who listens to relays on behalf of a data directory, and where what comes goes. */
export interface RelayIdentity {
  /** Its name: 16 random bytes in hex. */
  readonly listener: string;
  /** The receiver's. */
  readonly take: TakeRelayed;
  /** The key of an inbox; a new one is made and kept for one that has none yet. */
  keyOf(relay: string, inbox: string): string;
}

/** A public URL that leads to this machine. */
export interface TunnelConnection {
  /** Without a slash at its end. */
  readonly url: string;
  /**
   * All that may be its URL, this one among them, the most likely first: a program may name its maker's page before, or
   * another URL later. Left out where there can be only one.
   */
  named?(): readonly string[];
  /** What a person should know of this URL: that it is another than the one asked for; null for nothing. */
  readonly note: string | null;
  /** Ends it; resolves when its connections to the server are closed, its program gone. */
  close(): Promise<void>;
}

/** One way to a public URL. A new one is a file in `providers/` and a row in its table. */
export interface TunnelProvider {
  /** As in `--tunnel`. */
  readonly name: string;
  /** How long a URL of it may take to work once it is given, ms; the supervisor's own time when left out. */
  readonly verifyWithin?: number;
  /**
   * Opens one connection; does not try again by itself, and takes a bounded time.
   * @throws UserError that says why there is none, and what to do; the signal's reason when it was aborted
   */
  open(options: TunnelOpenOptions): Promise<TunnelConnection>;
}

/** What a user can set about tunnels; each provider takes what is its own. */
export interface TunnelSettings {
  /** `--tunnel-host`: URL of a localtunnel server, or `user@host:port` of an SSH server. */
  host?: string | undefined;
  /** `--subdomain`: the name asked for. */
  subdomain?: string | undefined;
  /** `--domain`: a domain that is reserved. */
  domain?: string | undefined;
  /** The name of this data directory, for providers where any name can be had. */
  ownName?: string | undefined;
  /** `--tunnel-arg`: more arguments for the provider's program. */
  args?: readonly string[] | undefined;
  /** `--tunnel-command`: a program and its arguments, in one line. */
  command?: string | undefined;
  /** `--tunnel-pattern`: finds the public URL in that program's output. */
  pattern?: RegExp | undefined;
  /** `--public-url`: a URL that leads here already. */
  publicUrl?: string | undefined;
  /** `--relay`: URL of a relay. */
  relay?: string | undefined;
  /** `--inbox`: the name of an inbox there. */
  inbox?: string | undefined;
  /** `--inbox-key`: its key, where it is not the one that is kept here. */
  inboxKey?: string | undefined;
  /** `--catch-up`: what becomes of what was kept. */
  catchUp?: CatchUp | undefined;
  /** `--lead`: whether it answers the senders although others listen too. */
  lead?: boolean | undefined;
  /** Who listens; for relays only. */
  identity?: RelayIdentity | undefined;
}

/**
 * Whether a provider can be used on this machine as it is: by which program (null where it needs none), or what is
 * missing and how to get it, in a line.
 */
export type AtHand = { ok: true; what: string | null } | { ok: false; todo: string };
