import { placeOf } from '../../dispatch/connect.ts';
import type { AtHand, TunnelProvider, TunnelSettings } from '../provider.ts';
import { cloudflaredAtHand, createCloudflared } from './cloudflared.ts';
import { commandAtHand, createCommand } from './command.ts';
import { createLocaltunnel, localtunnelServer } from './localtunnel.ts';
import { createNgrok, ngrokAtHand } from './ngrok.ts';
import { createRelay, relayServer } from './relay.ts';
import { createSsh, createSshService, sshAtHand, sshServer, sshServiceServer } from './ssh.ts';
import { createUrl, publicServer } from './url.ts';

/** One way to a public URL, as the table has it. */
export interface TunnelRow {
  /** What it is, in a line. */
  help: string;
  /** What it needs, in a few words; empty for nothing. */
  needs: string;
  /** Set where the tests know it by what its program prints only, and not by the real service. */
  untried?: true;
  /** @throws UserError when a setting that it needs is missing or of no use to it */
  create(settings: TunnelSettings): TunnelProvider;
  /** Whether its program is installed; left out where it needs none. */
  atHand?(settings: TunnelSettings): AtHand;
  /**
   * What it connects to from here; left out where nobody knows.
   * @throws UserError when the settings name none
   */
  server?(settings: TunnelSettings): { host: string; port: number };
}

/** The ways to a public URL, by their names in `--tunnel`. */
export const tunnelProviders = {
  localtunnel: {
    help: 'a free public URL from loca.lt, or from your own localtunnel server (--tunnel-host)',
    needs: '',
    create: createLocaltunnel,
    server: (settings) => placeOf(localtunnelServer(settings).origin),
  },
  cloudflared: {
    help: "Cloudflare's quick tunnels: no account, a new URL with each start",
    needs: 'the program cloudflared',
    untried: true,
    create: createCloudflared,
    atHand: cloudflaredAtHand,
    server: () => ({ host: 'api.trycloudflare.com', port: 443 }),
  },
  ngrok: {
    help: 'ngrok, with a domain of yours by --subdomain',
    needs: 'the package @ngrok/ngrok or the program ngrok, and NGROK_AUTHTOKEN',
    untried: true,
    create: createNgrok,
    atHand: ngrokAtHand,
    server: () => ({ host: 'connect.ngrok-agent.com', port: 443 }),
  },
  ssh: {
    help: 'ssh -R to a server of your own (--tunnel-host user@host)',
    needs: 'ssh, and a server that you log in to with a key',
    create: createSsh,
    atHand: sshAtHand,
    server: sshServer,
  },
  pinggy: {
    help: 'pinggy.io by ssh: no account, an hour at a time',
    needs: 'ssh',
    untried: true,
    create: createSshService('pinggy'),
    atHand: sshAtHand,
    server: sshServiceServer('pinggy'),
  },
  'localhost.run': {
    help: 'localhost.run by ssh: no account, a URL that changes now and then',
    needs: 'ssh',
    untried: true,
    create: createSshService('localhost.run'),
    atHand: sshAtHand,
    server: sshServiceServer('localhost.run'),
  },
  serveo: {
    help: 'serveo.net by ssh: no account',
    needs: 'ssh',
    untried: true,
    create: createSshService('serveo'),
    atHand: sshAtHand,
    server: sshServiceServer('serveo'),
  },
  command: {
    help: 'any program that prints a public URL (--tunnel-command): bore, zrok, tailscale funnel, frp …',
    needs: '--tunnel-command, and that program',
    create: createCommand,
    atHand: commandAtHand,
  },
  url: {
    help: "a URL that leads to the receiver's port already (--public-url): a reverse proxy, a VPS, a codespace",
    needs: '--public-url',
    create: createUrl,
    server: publicServer,
  },
  relay: {
    help: 'a relay of your own or your team (reducto-webhook-dev relay), which keeps what comes while you are away',
    needs: '--relay',
    create: createRelay,
    server: (settings) => placeOf(relayServer(settings).origin),
  },
} as const satisfies Record<string, TunnelRow>;

/** A name in `--tunnel`. */
export type TunnelProviderName = keyof typeof tunnelProviders;

/** The order when none is asked for: what needs nothing first, last what every network lets through (port 443). */
export const defaultOrder: readonly TunnelProviderName[] = ['localtunnel', 'cloudflared', 'pinggy'];

/** Whether a tunnel's program is there, where it needs one. */
export const isAtHand = (name: TunnelProviderName): boolean => {
  const { atHand }: TunnelRow = tunnelProviders[name];
  return atHand?.({}).ok ?? true;
};
