import * as z from 'zod';
import { mostRelayedBody } from '../core/relay.ts';
import { parseSize, parseTimer } from '../core/units.ts';
import { parseRate, whenAways } from '../relay/limits.ts';
import { expandHome } from '../runtime/paths.ts';
import { baseUrl, integer, readFlags, reading, type Setting, secret } from '../runtime/setting.ts';

const size = reading(parseSize, 'a size such as 10mb');
const duration = reading(parseTimer, 'a duration such as 15s, 24h or 7d');
const upTo =
  (most: number, parse: (text: string) => number | null) =>
  (text: string): number | null => {
    const value = parse(text);
    return value !== null && value <= most ? value : null;
  };
const body = reading(upTo(mostRelayedBody, parseSize), 'a size such as 10mb, up to 100mb');
const rate = reading(parseRate, 'a rate such as 100/s, 600/m or 1000/h');
const path = z.string().min(1).transform(expandHome);

/** The settings of `relay`. */
export const relaySettings = {
  port: { flag: '--port <n>', help: 'port (default: 8080)', schema: integer(0, 65_535) },
  host: {
    flag: '--host <address>',
    help: 'address to listen on (default: all; 127.0.0.1 behind a proxy on the same machine)',
    schema: z.string().min(1),
  },
  publicUrl: {
    flag: '--public-url <url>',
    help: 'URL by which senders reach it, as in https://hooks.example.com (default: http://localhost and the port)',
    schema: baseUrl,
  },
  domain: {
    flag: '--domain <name>',
    help: 'gives each inbox a name under this domain, as in invoices.hooks.example.com (needs a wildcard in DNS)',
    schema: z
      .string()
      .regex(/^[a-z0-9.-]+$/i, 'is no domain')
      .transform((name) => name.toLowerCase()),
  },
  tlsCert: {
    flag: '--tls-cert <file>',
    help: 'certificate (PEM), for TLS without a proxy in front',
    schema: path,
  },
  tlsKey: { flag: '--tls-key <file>', help: 'its private key (PEM)', schema: path },
  backend: {
    flag: '--backend <name>',
    help: 'file: one relay, one file; nats: NATS JetStream under any number of relays (default: file)',
    schema: z.enum(['file', 'nats']),
  },
  data: {
    flag: '--data <dir>',
    help: 'where the file backend keeps its file (default: ./relay-data)',
    schema: path,
  },
  natsUrl: {
    flag: '--nats-url <urls>',
    help: 'NATS servers, with commas between them (default: nats://127.0.0.1:4222)',
    schema: z.string().min(1),
  },
  natsCreds: { flag: '--nats-creds <file>', help: 'credentials file of a NATS user', schema: path },
  natsReplicas: {
    flag: '--nats-replicas <n>',
    help: 'copies of what is kept, one a NATS server (default: as many as there are servers in --nats-url, 5 at most)',
    schema: integer(1, 5),
  },
  whenAway: {
    flag: '--when-away <what>',
    help: 'while nobody listens: keep (on disk, and the sender gets 202) or 503 (default: keep)',
    schema: z.enum(whenAways),
  },
  answerWithin: {
    flag: '--answer-within <duration>',
    help: "how long a sender waits for the app's answer before it gets 202 and the delivery is kept (default: 14s; Svix waits 15)",
    schema: duration,
  },
  keep: {
    flag: '--keep <duration>',
    help: 'how long a delivery waits for listeners that have been seen since (default: 7d; never less than 24h)',
    schema: duration,
  },
  maxBody: { flag: '--max-body <size>', help: 'largest body (default: 10mb; at most 100mb)', schema: body },
  rate: { flag: '--rate <rate>', help: 'requests to one inbox (default: 200/s)', schema: rate },
  addressRate: {
    flag: '--address-rate <rate>',
    help: 'requests from one address (default: 200/s); of IPv6, from one /64 network',
    schema: rate,
  },
  maxDeliveries: {
    flag: '--max-deliveries <n>',
    help: 'deliveries that one inbox keeps (default: 100000)',
    schema: integer(1, 1e9),
  },
  maxBytes: { flag: '--max-bytes <size>', help: 'bytes that one inbox keeps (default: 1gb)', schema: size },
  maxInboxes: { flag: '--max-inboxes <n>', help: 'inboxes (default: 10000)', schema: integer(1, 1e9) },
  maxListeners: {
    flag: '--max-listeners <n>',
    help: 'listeners at once, in all (default: 5000)',
    schema: integer(1, 1e6),
  },
  inboxListeners: {
    flag: '--inbox-listeners <n>',
    help: 'listeners at once to one inbox (default: 50)',
    schema: integer(1, 1e6),
  },
  pingEvery: {
    flag: '--ping-every <duration>',
    help: 'how often listeners are asked whether they are still there (default: 10s)',
    schema: duration,
  },
  trustProxy: {
    flag: '--trust-proxy',
    help: 'believe X-Forwarded-For: only behind a proxy of yours',
    schema: z.boolean(),
  },
  metricsToken: {
    flag: '--metrics-token <token>',
    help: 'lets who has it read /metrics, or @FILE that holds it (default: nobody reads them)',
    schema: secret,
  },
} as const satisfies Record<string, Setting>;

/** What was given of them. */
export type GivenRelaySettings = {
  [K in keyof typeof relaySettings]?: z.output<(typeof relaySettings)[K]['schema']>;
};

/** @throws UserError that names the flag */
export const parseRelayFlags = (flags: Readonly<Record<string, unknown>>): GivenRelaySettings =>
  readFlags(relaySettings, flags);
