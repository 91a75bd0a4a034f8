/** What it takes to open one connection. */
export interface TunnelOpenOptions {
  /** The receiver's port on this machine; the tunnel connects to `localhost`. */
  port: number;
  /** The name to ask for; undefined for any. */
  subdomain: string | undefined;
  /** Gives the opening up; has no effect on a connection that is open. */
  signal: AbortSignal;
  /**
   * Told of everything that may mean that the connection is broken, in one line for a person; may come often
   * and be a false alarm. Never called after `close()`.
   */
  onFailure(sign: string): void;
}

/** A public URL that leads to this machine. */
export interface TunnelConnection {
  /** Without a slash at its end. */
  readonly url: string;
  /** The name given, which may be another than the one asked for. */
  readonly subdomain: string;
  /** Ends it; resolves when its connections to the server are closed. */
  close(): Promise<void>;
}

/** One way to a public URL. A new one is a file in `providers/` and a row in its table. */
export interface TunnelProvider {
  /** As in `--tunnel`. */
  readonly name: string;
  /**
   * For how many ms the server holds a name after the last connection of its client has gone: a name that was
   * refused is asked for once more after that, since its holder may have been ourselves.
   */
  readonly nameHeldMs: number;
  /** @throws UserError when this provider can't give such a name */
  checkSubdomain(subdomain: string): void;
  /**
   * Opens one connection; does not try again by itself, and takes a bounded time.
   * @throws UserError that says why there is none; the signal's reason when it was aborted
   */
  open(options: TunnelOpenOptions): Promise<TunnelConnection>;
}

/** What a user can set about a provider. */
export interface TunnelProviderSettings {
  /** `--tunnel-host`: URL of a self-hosted server; undefined for the provider's own. */
  host?: string | undefined;
}
