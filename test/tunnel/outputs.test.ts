import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { TunnelSettings } from '../../src/tunnel/provider.ts';
import { tunnelProviders } from '../../src/tunnel/providers/index.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';
import { never } from './support.ts';

type Name = keyof typeof tunnelProviders;

/** Puts a program on the PATH that prints a text to both of its outputs, and stays, or ends with a code. */
function stub(program: string, text: string, exit?: number): void {
  const dir = tempDir();
  writeFileSync(join(dir, 'text'), text);
  const end = exit === undefined ? 'exec sleep 1000' : `exit ${exit}`;
  writeFileSync(join(dir, program), `#!/bin/sh\ncat "${dir}/text"\ncat "${dir}/text" >&2\n${end}\n`);
  chmodSync(join(dir, program), 0o755);
  vi.stubEnv('PATH', [dir, dirname(process.execPath), '/bin', '/usr/bin'].join(delimiter));
  onCleanup(() => vi.unstubAllEnvs());
}

async function open(name: Name, settings: TunnelSettings): Promise<{ url: string; signs: string[] }> {
  const signs: string[] = [];
  const onFailure = (sign: string): void => void signs.push(sign);
  const connection = await tunnelProviders[name]
    .create(settings)
    .open({ port: 4321, signal: never, onFailure });
  onCleanup(() => connection.close());
  return { url: connection.url, signs };
}

const pinggyUrls = (host: string): string =>
  `You are not authenticated.\r\nYour tunnel will expire in 60 minutes. Upgrade to Pinggy Pro to get unrestricted tunnels. https://dashboard.pinggy.io\r\n\r\nhttp://${host}\r\nhttps://${host}\r\n`;

/** What programs print, as their users have put it on the web (2024 to 2026), and the URL in it. */
const outputs: [what: string, name: Name, program: string, text: string, url: string][] = [
  [
    'terms and documents before the box',
    'cloudflared',
    'cloudflared',
    `2026-09-30T02:32:15Z INF Thank you for trying Cloudflare Tunnel. Doing so, without a Cloudflare account, is a quick way to experiment and try it out. However, be aware that these account-less Tunnels have no uptime guarantee, are subject to the Cloudflare Online Services Terms of Use (https://www.cloudflare.com/website-terms/), and Cloudflare reserves the right to investigate your use of Tunnels for violations of such terms. If you intend to use Tunnels in production you should use a pre-created named tunnel by following: https://developers.cloudflare.com/cloudflare-one/connections/connect-apps
2026-09-30T02:32:15Z INF Requesting new quick Tunnel on trycloudflare.com...
2026-09-30T02:32:21Z INF +------------------------------------------------------------+
2026-09-30T02:32:21Z INF |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |
2026-09-30T02:32:21Z INF |  https://example-words-for-tests.trycloudflare.com         |
2026-09-30T02:32:21Z INF +------------------------------------------------------------+
2026-09-30T02:32:21Z INF Settings: map[ha-connections:1 no-autoupdate:true protocol:quic url:http://127.0.0.1:4142]
`,
    'https://example-words-for-tests.trycloudflare.com',
  ],
  [
    'an outdated flag, an update, an address as an object',
    'ngrok',
    'ngrok',
    `Flag --domain has been deprecated, use --url instead
{"t":"2026-09-12T20:25:13+0200","lvl":"info","msg":"no configuration paths supplied"}
{"t":"2026-09-12T20:25:13+0200","lvl":"info","msg":"starting web service","obj":"web","addr":"127.0.0.1:4040","allow_hosts":null}
{"t":"2026-09-12T20:25:14+0200","lvl":"info","msg":"update available","obj":"updater","url":"https://ngrok.com/download"}
{"t":"2026-09-12T20:25:17+0200","lvl":"info","msg":"started tunnel","obj":"tunnels","name":"command_line","addr":{"Scheme":"http","Host":"127.0.0.1:4321"},"url":"https://94b1-203-0-113-7.ngrok-free.app"}
`,
    'https://94b1-203-0-113-7.ngrok-free.app',
  ],
  [
    'its links, and a picture of the URL',
    'localhost.run',
    'ssh',
    `Welcome to localhost.run!
Follow your favourite reverse tunnel at [https://twitter.com/localhost_run].
To set up and manage custom domains go to https://admin.localhost.run/
** your connection id is 8beaa541, please mention it if you send me a message about an issue. **
authenticated as anonymous user
8beaa541ba3dc2.lhr.life tunneled with tls termination, https://8beaa541ba3dc2.lhr.life
create an account and add your key for a longer lasting domain name. see https://localhost.run/docs/forever-free/ for more information.
Open your tunnel address on your mobile with this QR:
\u001b[40m  \u001b[47m  \u001b[0m
`,
    'https://8beaa541ba3dc2.lhr.life',
  ],
  ...[
    'rnxyz-203-0-113-7.a.free.pinggy.link',
    'hrboz-203-0-113-7.free.pinggy.net',
    'pnhps-203-0-113-7.run.pinggy-free.link',
  ].map((host): (typeof outputs)[number] => [
    'its dashboard, http before https',
    'pinggy',
    'ssh',
    pinggyUrls(host),
    `https://${host}`,
  ]),
  [
    'in colours',
    'serveo',
    'ssh',
    '\u001b[32mForwarding HTTP traffic from https://3e0a85ad-203-0-113-7.serveousercontent.com\r\n\u001b[0m',
    'https://3e0a85ad-203-0-113-7.serveousercontent.com',
  ],
  [
    'without a certificate',
    'serveo',
    'ssh',
    "Warning: no TLS certificate available for profor.serveousercontent.com. You won't be able to use HTTPS, only HTTP.\nForwarding HTTP traffic from http://profor.serveousercontent.com\n",
    'http://profor.serveousercontent.com',
  ],
  [
    'bore',
    'command',
    'tool',
    '2026-08-08T08:22:34.641Z  INFO bore_cli::client: connected to server remote_port=45871\n2026-08-08T08:22:34.641Z  INFO bore_cli::client: listening at bore.pub:45871\n',
    'http://bore.pub:45871',
  ],
  [
    'tailscale funnel',
    'command',
    'tool',
    'Available on the internet:\n\nhttps://my-box.tail1234.ts.net/\n|-- proxy http://127.0.0.1:4321\n\nPress Ctrl+C to exit.\n',
    'https://my-box.tail1234.ts.net',
  ],
  [
    'what leads to where, and a page of its own first',
    'command',
    'tool',
    'Web Interface   http://127.0.0.1:4040\nhttp://localhost:4321 -> http://calm.example, https://calm.example.\n',
    'https://calm.example',
  ],
  [
    'devtunnel',
    'command',
    'tool',
    'Hosting port: 4321\nConnect via browser: https://abc123.euw.devtunnels.ms:4321, https://abc123-4321.euw.devtunnels.ms\nInspect network activity: https://abc123-4321-inspect.euw.devtunnels.ms\n',
    'https://abc123.euw.devtunnels.ms:4321',
  ],
  [
    'zrok',
    'command',
    'tool',
    'access your zrok share at the following endpoints:\n https://abc123.share.zrok.io\n',
    'https://abc123.share.zrok.io',
  ],
];

test.each(outputs)('%s: %s', async (_, name, program, text, url) => {
  stub(program, text);
  expect((await open(name, { command: program })).url).toBe(url);
});

test('a free server that gives another name later says so', async () => {
  const line = (id: string): string =>
    `${id}.lhr.life tunneled with tls termination, https://${id}.lhr.life\n`;
  stub('ssh', line('8beaa541ba3dc2') + line('da7941d39b603e'));
  const { url, signs } = await open('localhost.run', {});
  expect(url).toBe('https://8beaa541ba3dc2.lhr.life');
  await waitFor(() => signs.includes('ssh nokey@localhost.run names another URL'));
});

/** What they print when they give up, and what is said of it. */
const failures: [name: Name, program: string, text: string, says: RegExp][] = [
  [
    'cloudflared',
    'cloudflared',
    'failed to request quick Tunnel: Post "https://api.trycloudflare.com/tunnel": context deadline exceeded\n',
    /cloudflared ended with exit code 1: failed to request quick Tunnel/,
  ],
  [
    'cloudflared',
    'cloudflared',
    '2026-10-01T10:00:00Z ERR Cannot determine default origin certificate path. No file cert.pem in [~/.cloudflared]. You need to specify the origin certificate path by specifying the origincert option in the configuration file\n',
    /it is not logged in: run "cloudflared tunnel login"/,
  ],
  [
    'cloudflared',
    'cloudflared',
    '2026-10-01T10:00:00Z ERR Register tunnel error from server side error="Unauthorized: Invalid tunnel secret" connIndex=0\n',
    /does not take the credentials of this tunnel/,
  ],
  [
    'ngrok',
    'ngrok',
    'ERROR:  We do not allow agents to connect to ngrok from your IP address (203.0.113.7).\nERROR:\nERROR:  ERR_NGROK_9040\n',
    /takes no connections from your address.*ERR_NGROK_9040/,
  ],
  ['serveo', 'ssh', 'me@serveo.net: Permission denied (publickey).\n', /the server takes none of your keys/],
  ['pinggy', 'ssh', 'ssh: Could not resolve hostname free.pinggy.io: Name or service not known\n', /\(DNS\)/],
  [
    'command',
    'tool',
    '\u001b[31mError:\u001b[0m wrong token\n',
    /tool ended with exit code 1: Error: wrong token/,
  ],
];

test.each(failures)('%s, %s: a failure in words', async (name, program, text, says) => {
  stub(program, text, 1);
  await expect(open(name, { command: program })).rejects.toThrow(says);
});
