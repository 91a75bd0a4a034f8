/** Where the public URL is probed. The receiver answers here itself and keeps no delivery of it. */
export const probePath = '/.well-known/reducto-webhook-dev/probe';

/** The header (lower case) that carries a probe's nonce; only a nonce that is outstanding gets an answer. */
export const probeHeader = 'x-reducto-webhook-dev-probe';
