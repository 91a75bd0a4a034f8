import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { checks } from '../../src/checks/table/index.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { idempotent, notIdempotent, racing, startHandler } from '../checks/handler.ts';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli, startCli } from '../support/cli.ts';
import { freePort } from '../support/flask.ts';
import { waitFor } from '../support/wait.ts';

vi.setConfig({ testTimeout: 120_000 });

const handlerArgs = async (work: Parameters<typeof startHandler>[0]): Promise<string[]> => {
  const { url, stateUrl } = await startHandler(work);
  return ['check', url, '--effects-url', stateUrl, '--emulator-port', '0'];
};

test('lets other commands look while it runs', async () => {
  const dataDir = tempDir();
  const run = runCli([...(await handlerArgs(idempotent)), '--only', 'duplicate-sequential'], { dataDir });
  const seen = await waitFor(
    async () => {
      const { stdout } = await runCli(['list', '--output', 'json'], { dataDir });
      return readLock(dataDir)?.pid !== undefined && stdout.trim();
    },
    { timeoutMs: 60_000, what: 'a delivery of the check, seen from outside' },
  );
  expect(seen).toContain('"source":"check"');
  expect((await run).code).toBe(0);
});

test('--list shows every check in a line', async () => {
  const { code, stdout } = await callCli(['check', '--list']);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(/\s+/)[0])).toEqual(checks.map(({ id }) => id));
});

describe('exit codes', () => {
  test('0 when all pass, 1 when one fails, with the reason on stdout', async () => {
    const only = ['--only', 'duplicate-sequential,duplicate-concurrent'];
    const good = await runCli([...(await handlerArgs(idempotent)), ...only]);
    expect([good.code, good.stdout.trim()]).toEqual([
      0,
      expect.stringMatching(/^NO FAULT FOUND by the 3 checks.*\n\n3 passed, 0 failed in /),
    ]);
    const bad = await runCli([...(await handlerArgs(racing)), ...only]);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(
      /^\nNOT IDEMPOTENT[^\n]*\n\nERROR duplicate-concurrent: [\s\S]*8 copies at the same instant/,
    );
    expect(bad.stderr).toMatch(/✓ duplicate-sequential/);
  });

  test('--against: what failed before, too, does not count', async () => {
    const dataDir = tempDir();
    const file = join(dataDir, 'report.json');
    const args = await handlerArgs(racing);
    const only = ['--only', 'duplicate-sequential'];
    const small = await callCli([...args, ...only, '--against', 'last'], { dataDir });
    expect([small.code, small.stdout]).toEqual([
      0,
      expect.stringMatching(/^\nNO FAULT FOUND by the 2 checks/),
    ]);
    const more = [...args, '--only', 'duplicate-*'];
    const fresh = await callCli([...more, '--against', 'last', '--reporter', 'json', '--report-file', file], {
      dataDir,
    });
    expect(fresh.code).toBe(1);
    expect(fresh.stdout).toMatch(/^\nNOT IDEMPOTENT[^\n]* checks failed since run 1 \(0 did before\)/);
    for (const earlier of ['last', file]) {
      const again = await callCli([...more, '--against', earlier], { dataDir });
      expect([again.code, again.stdout]).toEqual([
        0,
        expect.stringMatching(/^\nNOTHING NEW since (run 2|.*report.json), but NOT IDEMPOTENT/),
      ]);
      expect(again.stdout).toContain('WARNING duplicate-concurrent');
    }
  });

  test.each<[string[], RegExp]>([
    [[], /Where is the handler\?/],
    [['ftp://x/y'], /not a port or an http\(s\) URL/],
    [['3000', '--only', 'dupes'], /no check "dupes"/],
    [['3000', '--effects-ignore', '('], /--effects-ignore: /],
    [['3000', '--quiet', 'long'], /--quiet: "long" is not a duration/],
    [['3000', '--reporter', 'xml'], /--reporter: "xml" is not junit, json, markdown, github/],
    [['3000', '--reporter', 'junit='], /--reporter: "junit=" is not junit/],
    [['3000', '--reporter', 'junit', '--reporter', 'json'], /only one can be printed/],
    [['3000', '--report-file', 'x'], /--report-file needs --reporter/],
    [['3000', '--against', '/nowhere.json'], /--against: \/nowhere.json can't be read/],
    [['3000', '--against', import.meta.filename], /is no report of check --reporter json/],
    [['3000', '--ready', 'http://x/'], /go with --start/],
    [['--start', 'true'], /Where is the handler\?/],
    [['3000', '--metadata', 'x'], /"x" is not KEY=VALUE/],
    [['3000', '--egress'], /npm install --save-dev mockttp/],
  ])('2 for %j', async (args, message) => {
    const { code, stdout, stderr } = await callCli(['check', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('3 when the app or the probe is not there, or the app does not start', async () => {
    const port = await freePort();
    const gone = await runCli(['check', `http://127.0.0.1:${port}/webhook`]);
    expect([gone.code, gone.stderr]).toEqual([3, expect.stringMatching(/can't be reached .*ECONNREFUSED/)]);
    const { url } = await startHandler(idempotent);
    const blind = await callCli([
      'check',
      url,
      '--effects',
      'echo no such table >&2; exit 4',
      '--emulator-port',
      '0',
    ]);
    expect([blind.code, blind.stderr]).toEqual([
      3,
      expect.stringMatching(/effects command failed \(exit code 4\): .*\n {2}no such table/),
    ]);
    const start = [
      '--start',
      'echo no module; exit 7',
      '--ready',
      `http://127.0.0.1:${port}/`,
      '--endpoint',
      '/x',
    ];
    const broken = await callCli(['check', ...start]);
    expect(broken.code).toBe(3);
    expect(broken.stderr).toMatch(/ended before it was ready \(exit code 7\)[\s\S]*no module/);
  });
});

test('a report for programs goes to its file, beside that for people', async () => {
  const dataDir = tempDir();
  const file = join(dataDir, 'report.json');
  const args = ['--only', 'duplicate-sequential', '--reporter', 'json', '--report-file', file];
  const { code, stdout } = await callCli([...(await handlerArgs(notIdempotent)), ...args], { dataDir });
  expect(code).toBe(1);
  expect(stdout).toMatch(/ERROR duplicate-sequential/);
  const { results } = JSON.parse(readFileSync(file, 'utf8'));
  const { seq, id } = results[1].sent[0];
  const shown = await callCli(['show', String(seq), '--output', 'json'], { dataDir });
  expect(JSON.parse(shown.stdout).delivery.id).toBe(id);
});

test('while a listen has the data it runs there: in its history, with its progress told here', async () => {
  const dataDir = tempDir();
  const listen = startCli([], { dataDir });
  await listen.ready;
  const args = [...(await handlerArgs(notIdempotent)), '--only', 'duplicate-sequential'];
  const { code, stdout, stderr } = await runCli(args, { dataDir });
  expect([code, stdout, stderr]).toEqual([
    1,
    expect.stringMatching(/ERROR duplicate-sequential/),
    expect.stringMatching(/✓ once[\s\S]*✗ duplicate-sequential/),
  ]);
  const { stdout: runs } = await callCli(['check-runs', '--output', 'json'], { dataDir });
  expect(JSON.parse(runs).runs).toMatchObject([{ id: 1, exitCode: 1 }]);
  const { stdout: shown } = await callCli(['check-run', '1'], { dataDir });
  const [, seq] = /sent: #(\d+)/.exec(shown)!;
  await listen.waitFor('delivery', ({ delivery }) => {
    const { seq: its, source } = delivery as { seq: number; source: string };
    return String(its) === seq && source === 'check';
  });
  await listen.stop();
});

test('while another command has the data, the deliveries go to a folder beside it, and that is said', async () => {
  const dataDir = tempDir();
  const slow = [...(await handlerArgs(idempotent)), '--only', 'late-duplicate', '--late', '20s'];
  const first = runCli(slow, { dataDir });
  await waitFor(() => readLock(dataDir), { what: 'the first check’s lock' });
  const args = [...(await handlerArgs(idempotent)), '--only', 'once'];
  const { code, stderr } = await runCli(args, { dataDir });
  expect(code).toBe(0);
  expect(stderr).toContain(join(dataDir, 'checks'));
  const shown = await callCli(['list', '--data', join(dataDir, 'checks'), '--output', 'json'], { dataDir });
  expect(shown.stdout).toMatch(/"source":"check"/);
  expect((await first).code).toBe(0);
});

/** An app of its own process that remembers jobs in memory, and writes what it does to a file. */
const forgetful = `
const { createServer } = require('node:http');
const { appendFileSync } = require('node:fs');
const known = new Set();
createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', async () => {
    if (request.method === 'GET') return response.end(process.env.REDUCTO_BASE_URL);
    const { job_id } = JSON.parse(Buffer.concat(chunks));
    if (known.has(job_id)) return response.end();
    const job = await (await fetch(process.env.REDUCTO_BASE_URL + '/job/' + job_id, { headers: { authorization: 'Bearer x' } })).json();
    appendFileSync('effects.txt', job_id + '|' + job.status + '\\n');
    known.add(job_id);
    response.end();
  });
}).listen(process.env.APP_PORT, '127.0.0.1');
`;

test('--start starts the app, crashes it and starts it again: what it remembers in memory only is found', async () => {
  const dataDir = tempDir();
  writeFileSync(join(dataDir, 'app.cjs'), forgetful);
  writeFileSync(join(dataDir, 'effects.txt'), '');
  const port = await freePort();
  const { code, stdout, stderr } = await runCli(
    [
      ...[
        'check',
        '--start',
        'exec node app.cjs',
        '--ready',
        `http://127.0.0.1:${port}/`,
        '--endpoint',
        '/webhook',
      ],
      ...['--effects', 'cat effects.txt', '--only', 'crash-during-fetch,restart-between-duplicates'],
    ],
    { dataDir, env: { APP_PORT: String(port) } },
  );
  expect(stderr).toMatch(/✓ crash-during-fetch/);
  expect(stdout).toMatch(/ERROR restart-between-duplicates[\s\S]*2 times the effect/);
  expect(code).toBe(1);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow(); // it does not outlive the run
});
