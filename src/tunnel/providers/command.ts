import parseArgv from 'string-argv';
import { usageError } from '../../core/errors.ts';
import { atHand, findProgram } from '../find-program.ts';
import { openProgram } from '../program.ts';
import type { AtHand, TunnelProvider, TunnelSettings } from '../provider.ts';

const install = 'give its path, or put it on the PATH.';

/** A URL without the character that ends a sentence; and a host and port as bore tells them. */
const anyUrl = /https?:\/\/[^\s"'<>|]+[^\s"'<>|.,;:!?)\]]/g;
const hostAndPort = /listening at ([a-z0-9.-]+:\d+)$/;

/** What a program prints of this machine: where its own page is, or where it leads to. */
const here = /^https?:\/\/(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])(?:[:/]|$)/;

/**
 * Whatever program makes a public URL and prints it: bore, zrok, tailscale funnel, frp, devtunnel.
 * @throws UserError when `command` is missing
 */
export function createCommand({ command, pattern, args = [] }: TunnelSettings): TunnelProvider {
  const [file, ...given] = parseArgv(command ?? '');
  if (file === undefined)
    throw usageError(
      'tunnel-command',
      'The tunnel "command" needs a program: give for example --tunnel-command "bore local {port} --to bore.pub".',
    );
  return {
    name: 'command',
    open: ({ port, ...options }) =>
      openProgram(
        {
          name: file,
          file,
          args: [...given, ...args].map((arg) => arg.replaceAll('{port}', String(port))),
          env: { PORT: String(port) },
          urlIn: (line) => asUrl(pattern === undefined ? publicIn(line) : foundBy(pattern, line)),
          install,
          unnamed:
            '--tunnel-pattern says how to find it; one that is fixed is given with --public-url in place of this',
        },
        options,
      ),
  };
}

/** Whether the program is there; one that was not named is nobody's loss. */
export function commandAtHand({ command }: TunnelSettings): AtHand {
  const [file] = parseArgv(command ?? '');
  return file === undefined ? { ok: true, what: null } : atHand(findProgram(file), `${file}: ${install}`);
}

/** The first https URL of a line that is not of this machine, else such an http one. */
function publicIn(line: string): string | undefined {
  const found = (line.match(anyUrl) ?? []).filter((url) => !here.test(url));
  return found.find((url) => url.startsWith('https:')) ?? found[0] ?? hostAndPort.exec(line)?.[1];
}

/** What a pattern finds: its first group, else all of it. */
const foundBy = (pattern: RegExp, line: string): string | undefined => {
  const match = pattern.exec(line);
  return match?.[1] ?? match?.[0];
};

/** A URL as it is to be used; a host and port become one. */
function asUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = /^https?:\/\//.test(text) ? text : `http://${text}`;
  return URL.canParse(url) ? new URL(url).href.replace(/\/+$/, '') : null;
}
