import { devNull } from 'node:os';
import { atHand, findProgram, needed } from '../find-program.ts';
import { openProgram } from '../program.ts';
import type { AtHand, TunnelProvider, TunnelSettings } from '../provider.ts';

const install =
  'get it with "npm install -D cloudflared", "brew install cloudflared" or "winget install Cloudflare.cloudflared".';

const find = (): string | null => findProgram('cloudflared', 'cloudflared/bin/cloudflared');

/**
 * Cloudflare's quick tunnels, without an account; with `--tunnel-arg run --tunnel-arg NAME --public-url URL` a named
 * tunnel of one's own.
 *
 * All it says is on stderr, the URL in a box (cloudflared 2024 to 2026).
 */
export function createCloudflared({ args = [], publicUrl }: TunnelSettings): TunnelProvider {
  return {
    name: 'cloudflared',
    // The name is new with each start, and has to reach the DNS first.
    verifyWithin: 30_000,
    open: async ({ port, ...options }) => {
      const file = needed('cloudflared', find(), install);
      return openProgram(
        {
          name: 'cloudflared',
          file,
          // Older ones give no quick tunnel where the configuration of a named one lies in their folders.
          args: [
            'tunnel',
            ...(args.length === 0 ? ['--config', devNull] : []),
            ...['--no-autoupdate', '--url', `http://localhost:${port}`, ...args],
          ],
          urlIn: (line) =>
            publicUrl === undefined
              ? quickUrl(line)
              : /Registered tunnel connection/.test(line)
                ? publicUrl
                : null,
          problemIn,
          install,
        },
        options,
      );
    },
  };
}

/** Its name has several words; `api.trycloudflare.com`, which stands in errors, has one. */
const quickUrl = (line: string): string | null =>
  /https:\/\/[a-z0-9]+(?:-[a-z0-9]+)+\.trycloudflare\.com/.exec(line)?.[0] ?? null;

function problemIn(line: string): string | null {
  if (/429 Too Many Requests|error code: 1015/.test(line))
    return 'Cloudflare gives this address no more quick tunnels for now: wait some minutes, or use a named tunnel';
  if (/no such host/.test(line)) return 'Cloudflare is not found by DNS: is this machine online?';
  if (/origin certificate|origincert|cert\.pem/.test(line))
    return 'it is not logged in: run "cloudflared tunnel login" once, or leave --tunnel-arg out for a quick tunnel';
  if (/Unauthorized|token is not valid/.test(line))
    return 'Cloudflare does not take the credentials of this tunnel: make it anew, or leave --tunnel-arg out for a quick tunnel';
  return /^(?:\S+ )?(?:ERR|FTL) (.+)$/.exec(line)?.[1] ?? /^(failed to .+)$/i.exec(line)?.[1] ?? null;
}

/** Whether it is installed. */
export const cloudflaredAtHand = (): AtHand => atHand(find(), install);
