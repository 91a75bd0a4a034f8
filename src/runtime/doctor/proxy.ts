import { type Look, ok, warning } from './finding.ts';

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** Variables for a proxy, which this tool does not use. Their values may hold a password, and are not printed. */
export const lookAtProxies: Look = ({ env }) => {
  const set = variables.flatMap((name) => [name, name.toLowerCase()]).filter((name) => env[name]);
  if (set.length === 0) return [ok('no proxy is set')];
  return [
    warning(
      `${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} set, and not used: this tool connects directly`,
      'where only the proxy leads outside, use a tunnel program that knows it (--tunnel-command), or an ingress of yours (--public-url).',
    ),
  ];
};
