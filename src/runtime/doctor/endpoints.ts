import type { TLSSocket } from 'node:tls';
import { type Endpoint, endpointUrl, isLoopbackName } from '../../core/endpoint.ts';
import { printable } from '../../core/text.ts';
import { version } from '../../core/version.ts';
import { connectTo, knock, placeOf } from '../../dispatch/connect.ts';
import { HttpClient } from '../../dispatch/http-client.ts';
import { type Finding, type Look, note, ok, warning, wrong } from './finding.ts';

/** ms that an app has for an answer here. */
const patienceMs = 3000;

/** The user's app: whether it listens, by which address, with which certificate, and whether it answers a POST. */
export const lookAtEndpoints: Look = async ({ endpoints, insecure }, signal) => {
  if (endpoints.length === 0)
    return [note('no app was named', 'name it to have it looked at: reducto-webhook-dev doctor 3000')];
  return (await Promise.all(endpoints.map((endpoint) => lookAt(endpoint, insecure, signal)))).flat();
};

async function lookAt(endpoint: Endpoint, insecure: boolean, signal: AbortSignal): Promise<Finding[]> {
  const { origin } = endpoint;
  const [posted, family, certificate] = await Promise.all([
    post(endpoint, insecure, signal),
    families(origin),
    selfMade(origin),
  ]);
  return [posted, family, certificate].filter((finding) => finding !== null);
}

/** Sends what is no webhook of Reducto's: a handler refuses it, and does nothing else with it. */
async function post(endpoint: Endpoint, insecure: boolean, signal: AbortSignal): Promise<Finding> {
  const { name, origin, path } = endpoint;
  const client = new HttpClient(insecure);
  const url = endpointUrl(endpoint, '/');
  const request = {
    ...{ endpoint: name, origin, path: url.slice(origin.length), method: 'POST', fresh: true },
    headers: [
      ['content-type', 'application/json'],
      ['user-agent', `reducto-webhook-dev/${version} doctor`],
    ] as const,
    body: Buffer.from('{}'),
  };
  try {
    const { outcome } = await client.send(request, patienceMs, signal);
    if (outcome.kind === 'error')
      return wrong(
        `the app: ${printable(outcome.message)}`,
        'start it, or name where it listens, as in doctor 3000.',
      );
    return judgeAnswer(url, outcome.status, path !== null);
  } finally {
    await client.close();
  }
}

/** @param whole whether the path is the one that webhooks go to, too */
export function judgeAnswer(url: string, status: number, whole: boolean): Finding {
  const what = `the app answers a POST of {} to ${url} with ${status}`;
  if (status === 404 || status === 405)
    return whole
      ? wrong(what, 'name the path of its webhook handler, which has to take POST.')
      : note(what, `name its path, too, to have that looked at: doctor ${url}webhook`);
  if (status >= 500) return warning(what, 'see its log: what is no webhook is best refused with 400 or 401.');
  if (status >= 300 && status < 400)
    return warning(`${what}, and no sender of webhooks follows redirects`, 'name the URL that it leads to.');
  return ok(what);
}

/** Where the app listens by one of the two families only, and that matters or is worth knowing. */
async function families(origin: string): Promise<Finding | null> {
  const { host, port } = placeOf(origin);
  if (!isLoopbackName(host) && host !== '127.0.0.1' && host !== '::1') return null;
  const open = async (address: string): Promise<boolean> =>
    (await knock(`http://${address}:${port}`, patienceMs)) === null;
  const [v4, v6] = await Promise.all([open('127.0.0.1'), open('[::1]')]);
  if (v4 === v6) return null;
  const [here, other] = v4 ? ['127.0.0.1', '::1'] : ['::1', '127.0.0.1'];
  if (host === other)
    return wrong(`the app listens on ${here} only, not on ${other}`, `name it as localhost:${port}.`);
  return v6 ? note(`the app listens on ${here} only: found here, but by nobody who asks for ${other}`) : null;
}

/** An app with a certificate that nobody vouches for. */
async function selfMade(origin: string): Promise<Finding | null> {
  const place = placeOf(origin);
  if (!place.secure) return null;
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const socket = (await connectTo(place, { insecure: true, signal })) as TLSSocket;
    const { authorized, authorizationError } = socket;
    socket.destroy();
    return authorized
      ? null
      : note(
          `the app's certificate is not vouched for (${String(authorizationError)}): on this machine it is taken`,
        );
  } catch {
    return null; // told by the POST
  }
}
