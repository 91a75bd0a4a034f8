import { usageError } from '../../core/errors.ts';
import { atHand, findProgram, needed } from '../find-program.ts';
import { openProgram } from '../program.ts';
import type { AtHand, TunnelProvider, TunnelSettings } from '../provider.ts';

const install = 'install OpenSSH ("apt-get install openssh-client"; on Windows it is an optional feature).';

const hostPattern = /^((?:[^\s:/@-][^\s:/@]*@)?[^\s:/@-][^\s:/@]*)(?::(\d{1,5}))?$/;

/** Whether text is `host`, `user@host` or `user@host:port`. */
export const isSshHost = (text: string): boolean => hostPattern.test(text);

/** A server that makes public URLs by SSH. */
interface SshServer {
  /** As in `--tunnel`. */
  name: string;
  /** `user@host` or `host`. */
  host: string;
  port: string;
  /** What of `-R` stands before the port on this machine. */
  remote: string;
  urlIn(line: string): string | null;
  /** Options besides those that all have. */
  options?: readonly string[];
}

/** What the first group of a pattern finds, that is a URL. */
const found =
  (pattern: RegExp) =>
  (line: string): string | null =>
    pattern.exec(line)?.[1] ?? null;

/** The free servers, by the names of their `--tunnel`. */
const services = {
  /** https://pinggy.io/docs/usages */
  pinggy: {
    host: 'free.pinggy.io',
    port: '443',
    remote: '0',
    // Its dashboard is named before. (Names of 2024 to 2026.)
    urlIn: found(/(https:\/\/(?!(?:dashboard|www)\.)[a-z0-9.-]+\.pinggy(?:-free)?\.(?:link|net|online|io))/),
  },
  /** https://localhost.run/docs: the address of `-R` has to be empty, the user is for those without a key. */
  'localhost.run': {
    host: 'nokey@localhost.run',
    port: '22',
    remote: '80',
    urlIn: found(/tunneled with tls termination, (https:\/\/[a-z0-9.-]+)/),
  },
  /** https://serveo.net */
  serveo: {
    host: 'serveo.net',
    port: '22',
    remote: '80',
    urlIn: found(/Forwarding HTTP traffic from (https?:\/\/[a-z0-9.-]+)/),
  },
} satisfies Record<string, Omit<SshServer, 'name'>>;

/** A free server that speaks SSH. @param name its name in `--tunnel` */
export const createSshService =
  (name: keyof typeof services) =>
  (settings: TunnelSettings): TunnelProvider =>
    sshTunnel(
      // These are met for the first time by whoever has no other way: their key is taken then, and held to from then on.
      { name, ...services[name], options: ['-o', 'StrictHostKeyChecking=accept-new'] },
      settings,
    );

/**
 * `ssh -R` to a server of one's own. The server chooses the port, unless `--tunnel-arg -R --tunnel-arg 80:localhost:{port}`
 * asks for another; where a proxy stands before it, `--public-url` names the URL.
 * @throws UserError when the host is missing or malformed
 */
export function createSsh(settings: TunnelSettings): TunnelProvider {
  const { name, port } = destination(settings);
  const { publicUrl } = settings;
  const bare = hostOf(name);
  return sshTunnel(
    {
      name: 'ssh',
      host: name,
      port,
      remote: '0',
      // A port that was asked for is not told, except to those who want to hear all.
      options: ['-N', ...(publicUrl === undefined ? [] : ['-v'])],
      urlIn: (line) => {
        if (publicUrl !== undefined && /remote forward success|^Allocated port/.test(line)) return publicUrl;
        const [, allocated] = /^Allocated port (\d+) for remote forward/.exec(line) ?? [];
        return allocated === undefined ? null : `http://${bare}:${allocated}`;
      },
    },
    settings,
  );
}

/** What `--tunnel-host` names. @throws UserError when it is missing or malformed */
function destination({ host }: TunnelSettings): { name: string; port: string } {
  const [, name, port = '22'] = hostPattern.exec(host ?? '') ?? [];
  if (name === undefined)
    throw usageError(
      'tunnel-host',
      `The tunnel "ssh" needs a server${host === undefined ? '' : `, and "${host}" is none`}: give for example --tunnel-host me@example.com, or --tunnel-host me@example.com:2222.`,
    );
  return { name, port };
}

const hostOf = (name: string): string => name.slice(name.indexOf('@') + 1);

/** The server of one's own. @throws UserError when it is not named */
export function sshServer(settings: TunnelSettings): { host: string; port: number } {
  const { name, port } = destination(settings);
  return { host: hostOf(name), port: Number(port) };
}

/** The server of a free one. @param name its name in `--tunnel` */
export const sshServiceServer = (name: keyof typeof services) => (): { host: string; port: number } => ({
  host: hostOf(services[name].host),
  port: Number(services[name].port),
});

/** Problems by what ssh says, in words. */
const problems: [RegExp, (line: string) => string][] = [
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    () =>
      "the server's key is not the one that is known, or not known yet: connect once by hand (ssh HOST), and look",
  ],
  [
    /Permission denied/,
    () => 'the server takes none of your keys: see that "ssh HOST" works without a question',
  ],
  [
    /remote port forwarding failed|Forwarding (?:was )?(?:refused|disabled)|administratively prohibited/i,
    () => 'the server does not forward that port: another client has it, or AllowTcpForwarding is off there',
  ],
  [/Could not resolve hostname/, () => 'the name of the server is not known (DNS)'],
  [/Connection (?:refused|timed out|reset)|Network is unreachable|No route to host/, (line) => line],
  [/Timeout, server .* not responding/, () => 'the server does not answer any more'],
];

function sshTunnel(
  { name, host, port: serverPort, remote, urlIn, options: more = [] }: SshServer,
  { args = [] }: TunnelSettings,
): TunnelProvider {
  return {
    name,
    open: async ({ port, ...options }) => {
      const file = needed('ssh', findProgram('ssh'), install);
      const given = args.map((arg) => arg.replaceAll('{port}', String(port)));
      return openProgram(
        {
          name: `ssh ${host}`,
          file,
          args: [
            '-T', // the services write for people, in colours, where there is a terminal
            ...['-p', serverPort],
            // Nobody is there to answer a question.
            ...['-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes', '-o', 'ConnectTimeout=10'],
            ...['-o', 'ServerAliveInterval=5', '-o', 'ServerAliveCountMax=3'],
            ...more,
            ...(given.includes('-R') ? [] : ['-R', `${remote}:localhost:${port}`]),
            ...given,
            host,
          ],
          urlIn,
          problemIn: (line) => {
            const [, say] = problems.find(([pattern]) => pattern.test(line)) ?? [];
            return say?.(line) ?? null;
          },
          install,
        },
        options,
      );
    },
  };
}

/** Whether ssh is installed. */
export const sshAtHand = (): AtHand => atHand(findProgram('ssh'), install);
