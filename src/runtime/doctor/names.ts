import { lookup } from 'node:dns/promises';
import { explain } from '../../tunnel/http.ts';
import { untilAborted } from '../../tunnel/pause.ts';
import { defaultBaseUrl } from '../reducto/client.ts';
import { type Finding, type Look, ok, warning } from './finding.ts';
import { serverOf } from './tunnels.ts';

/** Whether the DNS knows Reducto's API and the servers of the tunnels in use. */
export const lookAtNames: Look = async ({ env, tunnel: { order, settings }, providers }, signal) => {
  const api = env.REDUCTO_BASE_URL || defaultBaseUrl;
  const hosts = [
    ...(URL.canParse(api) ? [new URL(api).hostname] : []),
    ...order.map((name) => serverOf(providers[name]!, settings)?.host),
  ].filter((host) => host !== undefined);
  const seen = await Promise.all([...new Set(hosts)].map((host) => resolve(host, signal)));
  const unknown = seen.filter(({ level }) => level !== 'ok');
  // One cause, told once.
  return unknown.length === seen.length ? unknown.slice(0, 1) : seen;
};

async function resolve(host: string, signal: AbortSignal): Promise<Finding> {
  try {
    const { address } = await untilAborted(lookup(host.replace(/^\[|\]$/g, '')), signal);
    return ok(`${host} is ${address}`);
  } catch (error) {
    return warning(
      signal.aborted ? `no DNS answer for ${host} in time` : explain(error, host).message,
      'see that this machine is online, and which DNS server it asks; a VPN or a firewall may be in the way.',
    );
  }
}
