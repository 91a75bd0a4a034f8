import { UserError } from '../../core/errors.ts';
import { connectTo } from '../../dispatch/connect.ts';
import { explain } from '../../tunnel/http.ts';
import type { TunnelSettings } from '../../tunnel/provider.ts';
import type { TunnelRow } from '../../tunnel/providers/index.ts';
import { type Finding, type Look, note, ok, type Surroundings, warning, wrong } from './finding.ts';

/**
 * Whether a public URL can be had, and by which tunnels: is the program at hand, does the server take connections? Those
 * that were not asked for are only told; none is looked at where no public URL is wanted.
 */
export const lookAtTunnels: Look = async ({ tunnel: { order, settings }, running, providers }, signal) => {
  if (order.length === 0) return [publicUrl(running, order, undefined)];
  const asked: readonly string[] = order;
  const all = await Promise.all(
    Object.entries(providers).map(async ([name, row]) => ({
      name,
      untried: row.untried === true,
      ...(await lookAt(row, settings, signal)),
    })),
  );
  const rows = all.filter(({ name, what }) => asked.includes(name) || what !== nothing);
  const untried = rows.filter((row) => row.untried).map(({ name }) => name);
  const good = asked.find((name) => rows.some((row) => row.name === name && row.level === 'ok'));
  return [
    publicUrl(running, asked, good),
    ...rows.map(({ name, what, untried: _, ...finding }): Finding => {
      const told = `${name}: ${what}`;
      return finding.level === 'ok' || asked.includes(name) ? { ...finding, what: told } : note(told);
    }),
    ...(untried.length === 0
      ? []
      : [note(`tested against what their programs print, not against the services: ${untried.join(', ')}`)]),
  ];
};

function publicUrl(
  running: Surroundings['running'],
  order: readonly string[],
  good: string | undefined,
): Finding {
  const { state, url, reason } = running?.tunnel ?? {};
  if (state === 'open') return ok(`the public URL is open: ${url}`);
  if (state === 'off' || (state === undefined && order.length === 0))
    return note('no public URL is asked for');
  if (state !== undefined)
    return wrong(
      `the public URL is ${state}${reason ? `: ${reason}` : ''}`,
      'see the tunnels below, or run reopen-tunnel.',
    );
  return good === undefined
    ? wrong(
        `no public URL can be had: none of ${order.join(', ')} can be used`,
        'see why below; --tunnel takes others (see: tunnels), and --tunnel none needs no network.',
      )
    : ok(`a public URL can be asked for: ${good} can be reached`);
}

/** Said of one that is only a flag, or of which nobody knows where it goes. */
const nothing = 'nothing to look at before it is tried';

async function lookAt(row: TunnelRow, settings: TunnelSettings, signal: AbortSignal): Promise<Finding> {
  const program = row.atHand?.(settings) ?? { ok: true, what: null };
  if (!program.ok) return warning('its program is missing', program.todo);
  const server = serverOf(row, settings);
  if (server === null) return ok(program.what ?? nothing);
  const where = `${server.host}:${server.port}`;
  try {
    (await connectTo({ ...server, secure: false }, { signal })).destroy();
    return ok(`${where} takes connections`);
  } catch (error) {
    return warning(
      signal.aborted ? `no answer from ${where} in time` : explain(error, server.host).message,
      'a firewall, a VPN or no network is in the way, or that server is down: try another.',
    );
  }
}

/** The server that a tunnel is opened at; null where it is not known, or the settings name none that can be one. */
export function serverOf(row: TunnelRow, settings: TunnelSettings): { host: string; port: number } | null {
  try {
    return row.server?.(settings) ?? null;
  } catch (error) {
    if (error instanceof UserError) return null; // of --tunnel-host for another one
    throw error;
  }
}
