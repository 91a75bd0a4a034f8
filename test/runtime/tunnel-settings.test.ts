import { delimiter } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { chooseTunnels, refuseUselessTunnelFlags } from '../../src/runtime/tunnel-settings.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';

describe('the order of tunnels', () => {
  test.each([
    [{ tunnel: ['ssh', 'localtunnel'] }, ['ssh', 'localtunnel']],
    [{ tunnel: [] }, []],
    [{ tunnelCommand: 'bore local {port}' }, ['command']],
    [{ publicUrl: 'https://hooks.example.com' }, ['url']],
    [{ domain: 'x.ngrok.app' }, ['ngrok']],
    [{ tunnelHost: 'https://tunnel.example.com' }, ['localtunnel']],
    [{ tunnelHost: 'me@example.com' }, ['ssh']],
    [{ tunnelHost: 'me@example.com', publicUrl: 'https://hooks.example.com' }, ['ssh']],
  ] as const)('%j asks for %j', (given, order) => {
    expect(chooseTunnels(given).order).toEqual(order);
  });

  test('without a wish it is the default one, without what is not installed', () => {
    vi.stubEnv('PATH', [tempDir(), tempDir()].join(delimiter));
    onCleanup(() => vi.unstubAllEnvs());
    expect(chooseTunnels({}).order).toEqual(['localtunnel']);
  });
});

describe('a flag that no tunnel of the order would use', () => {
  test.each([
    [
      { subdomain: 'x' },
      { tunnel: ['ssh'] },
      /^--subdomain is for the tunnel localtunnel or ngrok: add --tunnel localtunnel/,
    ],
    [{ tunnelPattern: /x/ }, { tunnel: ['localtunnel'] }, /^--tunnel-pattern is for the tunnel command/],
    [{ tunnelArg: ['-v'] }, { tunnel: [] }, /^--tunnel-arg is for/],
    [
      { publicUrl: 'https://x' },
      { tunnel: ['localtunnel'] },
      /^--public-url is for the tunnel url or ssh or cloudflared/,
    ],
  ] as const)('%j is refused beside %j', (flags, given, message) => {
    expect(() => refuseUselessTunnelFlags(flags, chooseTunnels(given))).toThrow(message);
  });

  test('of several tunnels one that uses it is enough', () => {
    const order = chooseTunnels({ tunnel: ['cloudflared', 'localtunnel'], subdomain: 'x' });
    expect(() => refuseUselessTunnelFlags({ subdomain: 'x' }, order)).not.toThrow();
  });
});
