import type { Answer } from './http.ts';

/** An answer that is a tunnel's own, or somebody else's, but not the app's: how it is known, and what it means. */
interface Page {
  /** Whether this is it. The body is its start only. */
  is(answer: Answer): boolean;
  says: string;
}

const header =
  (name: string, pattern: RegExp) =>
  ({ headers }: Answer) =>
    pattern.test(String(headers[name] ?? ''));
const text =
  (pattern: RegExp, ...statuses: number[]) =>
  ({ status, body }: Answer) =>
    (statuses.length === 0 || statuses.includes(status)) && pattern.test(body);
const ngrok = (code: number) => {
  const pattern = new RegExp(`ERR_NGROK_${code}\\b`);
  return (answer: Answer) => header('ngrok-error-code', pattern)(answer) || pattern.test(answer.body);
};
const cloudflare =
  (...statuses: number[]) =>
  (answer: Answer) =>
    statuses.includes(answer.status) && header('server', /^cloudflare/i)(answer);

/** The first that fits is it: what a provider says of itself goes before what a status means by itself. */
const pages: readonly Page[] = [
  {
    is: text(/tunnel password|friendly reminder/i, 200, 401, 511),
    says: "localtunnel's reminder page stands before it: people have to give a password there",
  },
  {
    is: header('x-localtunnel-status', /unavailable/i),
    says: 'localtunnel has no connection to this machine',
  },
  { is: text(/tunnel unavailable/i, 503), says: 'localtunnel has no connection to this machine' },
  { is: ngrok(3200), says: 'ngrok has no connection to this machine: the endpoint is offline' },
  { is: ngrok(8012), says: 'ngrok is connected, but could not reach the receiver on this machine' },
  { is: ngrok(6024), says: "ngrok's warning page for browsers stands before it" },
  { is: ngrok(727), says: 'ngrok takes no more requests of this account for now' },
  { is: header('ngrok-error-code', /./), says: 'ngrok answered itself, with an error of its own' },
  { is: text(/error code: 1033/, 530), says: 'Cloudflare has no connection to this machine (error 1033)' },
  { is: text(/error code: 1016/, 530), says: 'Cloudflare does not find where this name leads (error 1016)' },
  {
    is: text(/error code: 1015/, 429),
    says: 'Cloudflare takes no more requests from here for now (error 1015)',
  },
  { is: header('cf-mitigated', /challenge/), says: "Cloudflare's check for browsers stands before it" },
  {
    is: cloudflare(502, 503, 504, 520, 521, 522, 523, 524),
    says: 'Cloudflare got no answer from this machine',
  },
  { is: text(/no tunnel here/i), says: 'localhost.run no longer knows this name' },
  {
    is: text(/pinggy/i, 404, 410, 502, 503),
    says: 'pinggy no longer knows this name: the hour of a free tunnel is over',
  },
  { is: text(/pinggy/i, 200), says: "pinggy's warning page for browsers stands before it" },
  { is: text(/serveo/i, 404, 502, 503), says: 'serveo has no connection to this machine' },
  {
    is: ({ status, headers }) =>
      status === 511 || (status >= 300 && status < 400 && headers.location !== undefined),
    says: 'a log-in page stands before it, as in a hotel or a company network',
  },
  {
    is: (answer) => answer.status === 200 && header('content-type', /html/)(answer),
    says: 'a web page is there instead: of another client that has taken this name, or of a log-in to this network',
  },
  {
    is: ({ status }) => status === 200,
    says: 'answered by someone else: another client has taken this name',
  },
  { is: ({ status }) => status === 404, says: 'the tunnel server no longer knows this name' },
  { is: ({ status }) => status === 407, says: 'a proxy on the way wants a password' },
  { is: ({ status }) => status === 413, says: 'the body is too large for the tunnel server' },
  { is: ({ status }) => status === 429, says: 'the tunnel server takes no more requests for now' },
  { is: ({ status }) => status === 502, says: 'the tunnel server has no connection to this machine' },
  {
    is: ({ status }) => status === 503,
    says: 'the tunnel server has no connection to this machine, or is overloaded',
  },
  {
    is: ({ status }) => status === 408 || status === 504,
    says: 'the tunnel server got no answer from this machine',
  },
];

/** What an answer that is not the receiver's own is, as a clause for a person: `answered with status 502: …`. */
export function recognise(answer: Answer): string {
  const says = pages.find(({ is }) => is(answer))?.says;
  if (answer.status === 200 && says !== undefined) return says;
  return `answered with status ${answer.status}${says === undefined ? '' : `: ${says}`}`;
}
