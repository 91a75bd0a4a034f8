import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Answer, startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli, startCli } from '../support/cli.ts';
import { freePort } from '../support/flask.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Nothing outside is asked: the API and the time stand here, and no tunnel is wanted. */
async function setting(time: Answer = { status: 404 }) {
  const api = await startApp({ status: 404 });
  const env = { REDUCTO_BASE_URL: api.url, REDUCTO_API_KEY: 'r3ducto-key', LANG: 'C.UTF-8' };
  const clock = await startApp(time);
  return { env, app: await startApp({ status: 401 }), flags: ['--time-url', clock.url, '--tunnel', 'none'] };
}

interface Diagnosis {
  ok: boolean;
  findings: { about: string; level: string; what: string; todo: string | null }[];
}

test.each([[['--json']], [['--output', 'json']]])(
  'doctor %j is one object; 0 where nothing is wrong',
  async (json) => {
    const { env, app, flags } = await setting();
    const { code, stdout, stderr } = await runCli(['doctor', `${app.url}/hook`, ...flags, ...json], { env });
    expect([code, stderr]).toEqual([0, '']);
    const { ok, findings } = JSON.parse(stdout) as Diagnosis;
    expect(ok).toBe(true);
    expect(new Set(findings.map(({ about }) => about))).toEqual(
      new Set(['node', 'terminal', 'data', 'ports', 'clock', 'dns', 'proxy', 'tunnels', 'app', 'reducto']),
    );
    expect(findings.map(({ what }) => what)).toContainEqual(expect.stringMatching(/^the clock is/));
    expect(stdout).not.toContain('r3ducto-key');
  },
);

test('1 where something is, with what to do', async () => {
  const { env, flags } = await setting();
  const port = await freePort();
  const { code, stdout, stderr } = await runCli(['doctor', String(port), ...flags], { env });
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toMatch(
    /^✗ app {2,}the app: http:\/\/localhost:\d+: nothing listens there.*\n +→ start it/m,
  );
  expect(stdout).toMatch(/^1 wrong/m);
});

/** What is wrong with a machine, and what `doctor` says of it. */
const troubles: [what: string, trouble: () => Promise<Trouble>, says: RegExp][] = [
  [
    'a clock that is an hour ahead',
    async () => ({
      time: { headers: [['date', new Date(Date.now() - 3_600_000).toUTCString()]] },
    }),
    /^✗ clock .* ahead .*: Svix's signatures are refused .*\n +→ have the system set its clock/m,
  ],
  [
    'a data directory that is a file',
    async () => {
      const file = join(tempDir(), 'file');
      writeFileSync(file, '');
      return { flags: ['--data', file] };
    },
    /^✗ data .*file is no folder\n +→ remove it/m,
  ],
  [
    'an ingress that is down',
    async () => ({ flags: ['--tunnel', 'url', '--public-url', `http://127.0.0.1:${await freePort()}`] }),
    /^✗ tunnels +no public URL can be had: none of url can be used[\s\S]*^! tunnels +url: 127\.0\.0\.1 refused the connection\n +→/m,
  ],
  [
    "a tunnel's program that is missing",
    async () => ({ flags: ['--tunnel', 'command', '--tunnel-command', 'no-such-tunnel {port}'] }),
    /^! tunnels +command: its program is missing\n +→ not installed: no-such-tunnel: give its path/m,
  ],
  [
    "a port that was chosen, and is another's",
    async () => {
      const folder = tempDir();
      const { port } = await startApp();
      writeFileSync(join(folder, 'reducto-webhook-dev.config.json'), JSON.stringify({ port }));
      return { cwd: folder };
    },
    /^✗ ports +port \d+ \(receiver\) is taken.*\n +→ end that, or choose another port/m,
  ],
];
interface Trouble {
  time?: Answer;
  flags?: string[];
  cwd?: string;
}

test.each(troubles)('%s', async (_, trouble, says) => {
  const { time, flags: more = [], cwd } = await trouble();
  const { env, app, flags } = await setting(time);
  const { code, stdout } = await runCli(['doctor', app.url, ...flags, ...more], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
  });
  expect(stdout).toMatch(says);
  expect(code).toBe(1);
});

test('a proxy is told, and is no reason to fail', async () => {
  const { env, app, flags } = await setting();
  const proxied = { ...env, HTTPS_PROXY: 'http://me:pa55@proxy.example:8080' };
  const { code, stdout } = await runCli(['doctor', app.url, ...flags], { env: proxied });
  expect(stdout).toMatch(/^! proxy +HTTPS_PROXY is set, and not used.*\n +→/m);
  expect([code, stdout.includes('pa55')]).toEqual([0, false]);
});

test('beside a running listen its ports and its app are known', async () => {
  const { env, app, flags } = await setting();
  const cli = startCli([`${app.url}/hook`], { env });
  const { receiverUrl } = await cli.ready;
  const { stdout } = await runCli(['doctor', '--json', ...flags.slice(0, 2)], {
    dataDir: cli.dataDir,
    env: { ...env, REDUCTO_WEBHOOK_DEV_HOME: cli.dataDir },
  });
  const { findings } = JSON.parse(stdout) as Diagnosis;
  expect(findings.map(({ what }) => what)).toContain(
    `the app answers a POST of {} to ${app.url}/hook with 401`,
  );
  expect(findings.map(({ what }) => what)).toContain('no public URL is asked for');
  expect(receiverUrl).toMatch(/^http/);
});

test('wrong usage is one line and 2', async () => {
  const { code, stderr } = await callCli(['doctor', '--output', 'xml']);
  expect([code, stderr]).toEqual([2, 'reducto-webhook-dev: --output: "xml" is not plain or json.\n']);
});
