import * as z from 'zod';
import { messageOf, usageError } from '../core/errors.ts';
import { catchUps } from '../core/relay.ts';
import type { RelayIdentity, TunnelProvider, TunnelSettings } from '../tunnel/provider.ts';
import {
  defaultOrder,
  isAtHand,
  type TunnelProviderName,
  tunnelProviders,
} from '../tunnel/providers/index.ts';
import { isSshHost } from '../tunnel/providers/ssh.ts';
import { baseUrl, type Setting, secret, using } from './setting.ts';

/** The names in `--tunnel`. */
const names = Object.keys(tunnelProviders) as TunnelProviderName[];

/** @throws UserError when a name is unknown or comes twice */
function parseOrder(text: string): readonly TunnelProviderName[] {
  if (text.trim() === 'none') return [];
  const order = text.split(',').map((name) => name.trim());
  const unknown = order.find((name) => !(name in tunnelProviders));
  if (unknown !== undefined)
    throw usageError(
      'tunnel',
      `"${unknown}" is no tunnel: use ${names.join(', ')}, several with commas between them, or none`,
    );
  if (new Set(order).size < order.length) throw usageError('tunnel', `"${text}" names a tunnel twice`);
  return order as TunnelProviderName[];
}

function parseHost(text: string): string {
  if (/^https?:\/\//.test(text) ? URL.canParse(text) : isSshHost(text)) return text;
  throw usageError(
    'tunnel-host',
    `"${text}" is neither a URL, as in https://tunnel.example.com, nor user@host:port of an SSH server`,
  );
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw usageError('tunnel-pattern', `"${text}" is not a regular expression: ${messageOf(error)}`);
  }
}

const list = (value: unknown): unknown => (Array.isArray(value) ? value : [value]);

/** The settings of `listen` that are about the public URL. */
export const tunnelSettings = {
  tunnel: {
    flag: '--tunnel <names>',
    help: `how the public URL is made; of several, with commas between them, the next takes over when one can't be had: ${names.join(', ')}; or none (default: ${defaultOrder.join()}, as far as they are at hand)`,
    schema: using(parseOrder),
  },
  tunnelHost: {
    flag: '--tunnel-host <host>',
    help: 'URL of a localtunnel server of your own (default: https://loca.lt), or user@host:port of an SSH server',
    schema: using(parseHost),
  },
  subdomain: {
    flag: '--subdomain <name>',
    help: 'name in the public URL (default: one of your own, kept in the data directory)',
    schema: z.string().min(1),
  },
  domain: {
    flag: '--domain <name>',
    help: 'a domain that is reserved for you at ngrok',
    schema: z.string().min(1),
  },
  tunnelCommand: {
    flag: '--tunnel-command <command>',
    help: 'a program that makes a public URL and prints it; {port} stands for the port it has to lead to',
    schema: z.string().min(1),
  },
  tunnelPattern: {
    flag: '--tunnel-pattern <regex>',
    help: "finds the public URL in that program's output: its first group, else all of it (default: the first URL)",
    schema: using(parsePattern),
  },
  tunnelArg: {
    flag: '--tunnel-arg <argument>',
    repeats: true,
    help: "one more argument for the tunnel's program",
    schema: z.preprocess(list, z.array(z.string())),
  },
  publicUrl: {
    flag: '--public-url <url>',
    help: "a URL that leads to the receiver's port already, as that of a reverse proxy",
    schema: baseUrl,
  },
  relay: {
    flag: '--relay <url>',
    help: 'URL of a relay to listen to',
    schema: baseUrl,
  },
  inbox: {
    flag: '--inbox <name>',
    help: 'name of your inbox there (default: one of your own, kept in the data directory)',
    schema: z.string().min(1),
  },
  inboxKey: {
    flag: '--inbox-key <key>',
    env: 'REDUCTO_WEBHOOK_DEV_INBOX_KEY',
    help: 'its key, or @FILE that holds it (default: one that is made and kept in the data directory)',
    schema: secret,
  },
  catchUp: {
    flag: '--catch-up <how>',
    help: `what becomes of what the relay kept while you were away: ${catchUps.join(', ')} (default: forward)`,
    schema: z.enum(catchUps),
  },
  lead: {
    flag: '--lead',
    help: 'answer the senders although others of the team listen too (default: who came first does)',
    schema: z.boolean(),
  },
} as const satisfies Record<string, Setting>;

/** What was given of them. */
export type GivenTunnelSettings = {
  [K in keyof typeof tunnelSettings]?: z.output<(typeof tunnelSettings)[K]['schema']>;
};

/** The tunnels to use, in order, and what is set about them. */
export interface TunnelChoice {
  /** Empty for none. */
  order: readonly TunnelProviderName[];
  settings: TunnelSettings;
}

/** What a user's settings ask for. What only one tunnel can use asks for that one. */
export function chooseTunnels(given: GivenTunnelSettings): TunnelChoice {
  const { tunnel, tunnelHost, tunnelCommand, tunnelPattern, tunnelArg, ...rest } = given;
  const { domain, publicUrl, relay } = rest;
  const implied = (): readonly TunnelProviderName[] => {
    if (tunnelCommand !== undefined) return ['command'];
    if (tunnelHost !== undefined) return [/^https?:/.test(tunnelHost) ? 'localtunnel' : 'ssh'];
    if (publicUrl !== undefined) return ['url'];
    if (relay !== undefined) return ['relay'];
    if (domain !== undefined) return ['ngrok'];
    return defaultOrder.filter((name) => isAtHand(name));
  };
  return {
    order: tunnel ?? implied(),
    settings: {
      ...rest,
      ...{ host: tunnelHost, command: tunnelCommand, pattern: tunnelPattern, args: tunnelArg },
    },
  };
}

/**
 * A setting on the command line that no tunnel of the order would use is a mistake; in a file it may wait for its day.
 * @throws UserError that names it
 */
export function refuseUselessTunnelFlags(
  flags: Readonly<Record<string, unknown>>,
  { order }: TunnelChoice,
): void {
  for (const [name, by] of Object.entries(usedBy)) {
    if (flags[name] === undefined || by.some((provider) => order.includes(provider))) continue;
    const [flag] = tunnelSettings[name as keyof typeof usedBy].flag.split(' ');
    throw usageError('tunnel', `${flag} is for the tunnel ${by.join(' or ')}: add --tunnel ${by[0]}.`);
  }
}

/** Which tunnels use a setting. */
const usedBy: Record<Exclude<keyof typeof tunnelSettings, 'tunnel'>, readonly TunnelProviderName[]> = {
  tunnelHost: ['localtunnel', 'ssh'],
  subdomain: ['localtunnel', 'ngrok'],
  domain: ['ngrok'],
  tunnelCommand: ['command'],
  tunnelPattern: ['command'],
  tunnelArg: ['cloudflared', 'ngrok', 'ssh', 'pinggy', 'localhost.run', 'serveo', 'command'],
  publicUrl: ['url', 'ssh', 'cloudflared'],
  relay: ['relay'],
  inbox: ['relay'],
  inboxKey: ['relay'],
  catchUp: ['relay'],
  lead: ['relay'],
};

/**
 * The tunnels themselves.
 * @param own the name of this data directory, where any can be had, and who listens to relays on its behalf
 * @throws UserError when one of them lacks a setting
 */
export function createTunnels(
  { order, settings }: TunnelChoice,
  own: { name(): string; identity(): RelayIdentity },
): TunnelProvider[] {
  if (order.length === 0) return [];
  const identity = order.includes('relay') ? own.identity() : undefined;
  const given = { ...settings, ownName: own.name(), identity };
  return order.map((name) => tunnelProviders[name].create(given));
}
