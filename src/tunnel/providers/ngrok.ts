import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, UserError } from '../../core/errors.ts';
import { jsonValue } from '../../core/json.ts';
import { printable } from '../../core/text.ts';
import { atHand, findProgram, needed } from '../find-program.ts';
import { untilAborted, withDeadline } from '../pause.ts';
import { openProgram } from '../program.ts';
import type {
  AtHand,
  TunnelConnection,
  TunnelOpenOptions,
  TunnelProvider,
  TunnelSettings,
} from '../provider.ts';

const install =
  'get it with "npm install -D @ngrok/ngrok", "brew install ngrok" or from https://ngrok.com/download, and a token from https://dashboard.ngrok.com.';

const badToken = 'the token is not valid: copy it anew from https://dashboard.ngrok.com to NGROK_AUTHTOKEN';

/** What ngrok's error codes mean (https://ngrok.com/docs/errors). */
const errors: Record<string, string> = {
  ERR_NGROK_4018: 'an account is needed: set NGROK_AUTHTOKEN to the token from https://dashboard.ngrok.com',
  ERR_NGROK_105: badToken,
  ERR_NGROK_106: badToken,
  ERR_NGROK_107: badToken,
  ERR_NGROK_108: 'another agent of your account is running: end it, or use a plan that allows several',
  ERR_NGROK_121: 'this ngrok is too old: update it ("ngrok update")',
  ERR_NGROK_334: 'the domain is in use by another agent of yours: end that one first',
  ERR_NGROK_9040:
    'ngrok takes no connections from your address: it blocks some countries, Tor and public proxies',
  ERR_NGROK_18006: 'the domain is not reserved for your account: see https://dashboard.ngrok.com/domains',
};

const explain = (text: string): string => {
  const code = /ERR_NGROK_\d+/.exec(text)?.[0];
  const known = code === undefined ? undefined : errors[code];
  return known === undefined ? printable(text.slice(0, 300)) : `${known} (${code})`;
};

/** The part of @ngrok/ngrok that is used here (1.x). */
interface NgrokPackage {
  forward(options: {
    addr: string;
    authtoken_from_env: true;
    domain?: string;
    on_status_change(address: string, error: string): void;
  }): Promise<{ url(): string | null; close(): Promise<void> }>;
}

/** ngrok's package where the user's project has it, else its program. */
export function createNgrok({ subdomain, domain = subdomain, args = [] }: TunnelSettings): TunnelProvider {
  return {
    name: 'ngrok',
    open: async (options) => {
      const inProject = args.length === 0 ? findPackage() : null;
      if (inProject !== null) return byPackage(inProject, domain, options);
      return byProgram(needed('ngrok', find(), install), domain, args, options);
    },
  };
}

/** The program; the npm package `ngrok` keeps one, too. */
const find = (): string | null => findProgram('ngrok', 'ngrok/bin/ngrok');

function findPackage(): string | null {
  try {
    return createRequire(join(process.cwd(), 'package.json')).resolve('@ngrok/ngrok');
  } catch {
    return null; // it is not there: the program is looked for
  }
}

async function byPackage(
  file: string,
  domain: string | undefined,
  { port, signal, onFailure }: TunnelOpenOptions,
): Promise<TunnelConnection> {
  let closed = false;
  try {
    const ngrok = (await import(pathToFileURL(file).href)) as NgrokPackage & { default?: NgrokPackage };
    const opening = (ngrok.default ?? ngrok).forward({
      addr: `localhost:${port}`,
      authtoken_from_env: true,
      ...(domain === undefined ? {} : { domain }),
      on_status_change: (_, error) => {
        if (!closed && error) onFailure(`ngrok: ${explain(error)}`);
      },
    });
    const listener = await withDeadline(20_000, signal, (bounded) => untilAborted(opening, bounded)).catch(
      (error: unknown) => {
        // It can't be called off: what opens all the same is closed.
        opening.then((late) => late.close()).catch(() => undefined);
        throw error;
      },
    );
    const close = async (): Promise<void> => {
      closed = true;
      await listener.close();
    };
    return { url: listener.url()!.replace(/\/+$/, ''), note: null, close };
  } catch (error) {
    signal.throwIfAborted();
    throw new UserError('tunnel', `ngrok: ${explain(messageOf(error))}`, 1, { cause: error });
  }
}

/** One line of `--log-format json`, as far as it is read. */
interface LogLine {
  lvl?: unknown;
  msg?: unknown;
  err?: unknown;
  url?: unknown;
}

function parseLine(line: string): LogLine {
  const value = jsonValue(line);
  if (value === undefined) return { err: line }; // what it says on stderr, before its log is open
  return typeof value === 'object' && value !== null ? value : {};
}

const byProgram = (
  file: string,
  domain: string | undefined,
  args: readonly string[],
  { port, ...options }: TunnelOpenOptions,
): Promise<TunnelConnection> =>
  openProgram(
    {
      name: 'ngrok',
      file,
      args: [
        ...['http', String(port), '--log', 'stdout', '--log-format', 'json'],
        ...(domain === undefined ? [] : ['--domain', domain]),
        ...args,
      ],
      urlIn: (line) => {
        const { msg, url } = parseLine(line);
        return msg === 'started tunnel' && typeof url === 'string' ? url.replace(/\/+$/, '') : null;
      },
      problemIn: (line) => {
        const { lvl, err, msg } = parseLine(line);
        const text = typeof err === 'string' && err !== '<nil>' ? err : lvl === 'crit' ? String(msg) : '';
        return /ERR_NGROK_\d+/.test(text) || lvl === 'crit' || lvl === 'eror' ? explain(text) : null;
      },
      install,
    },
    options,
  );

/** Whether it is installed. */
export const ngrokAtHand = (): AtHand => atHand(findPackage() ?? find(), install);
