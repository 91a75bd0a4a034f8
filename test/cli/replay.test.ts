import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { post } from '../receiver/raw-client.ts';
import { type App, startApp } from '../support/app.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, callCli, type RunningCli, runCli, startCli } from '../support/cli.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const body = '{"status":"Completed","job_id":"j1","metadata":{"user_id":"1"}}';

interface Place {
  app: App;
  dataDir: string;
  /** Runs a command; where no listen runs, with the app's URL from the config file. */
  run(args: readonly string[], env?: Record<string, string>): ReturnType<typeof callCli>;
  cli: RunningCli | null;
}

/** A history of two deliveries and an app: with a running `listen`, or without one and its app in the config. */
async function place(running: boolean): Promise<Place> {
  const app = await startApp();
  const cli = startCli([app.url]);
  const { receiverUrl } = await cli.ready;
  for (const text of [body, 'no JSON'])
    await post(Number(new URL(receiverUrl).port), text, { target: '/hook?x=1', headers: ['X-CaSe: Yes'] });
  if (!running) await cli.stop();
  const { dataDir } = cli;
  if (!running)
    writeFileSync(join(dataDir, 'reducto-webhook-dev.config.json'), JSON.stringify({ endpoint: app.url }));
  return {
    app,
    dataDir,
    run: (args, env = {}) => callCli(args, { dataDir, cwd: dataDir, env }),
    cli: running ? cli : null,
  };
}

/** An $EDITOR that runs a shell command on the file it is given. */
function editor(script: string): Record<string, string> {
  const path = join(tempDir(), 'editor');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o700);
  return { EDITOR: path, VISUAL: '' };
}

describe.each([
  ['while listen runs', true],
  ['without listen', false],
])('%s', (_, running) => {
  let at: Place;
  beforeAll(async () => {
    at = await place(running);
  });

  test('the very same request goes to the app again', async () => {
    const before = at.app.requests.length;
    const { dataDir } = at;
    const { code, stdout, stderr } = await runCli(['replay', '1'], { dataDir, cwd: dataDir });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/#1 {2}replay to \S+: 200 in .*\n1 sent, 0 failed \(seed \d+\)\n$/);
    const [first, again] = [at.app.requests[0]!, at.app.requests[before]!];
    const kept = (headers: [string, string][]) => headers.filter(([name]) => name !== 'x-webhook-attempt');
    expect([again.method, again.url, kept(again.headers), again.body]).toEqual([
      first.method,
      first.url,
      kept(first.headers),
      first.body,
    ]);
  });

  test('--output json is an object for each attempt, and the sum', async () => {
    const { stdout } = await at.run([
      'replay',
      '1',
      '--times',
      '2',
      '--fault',
      'truncate=3',
      '--seed',
      '5',
      '--output',
      'json',
    ]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ deliverySeq: 1, reason: 'replay', faults: ['truncate=3'] });
    expect(lines[2]).toEqual({
      ...{ sent: 2, failed: 0, omitted: 0, cancelled: false, seed: 5 },
      outcomes: { 200: 2 },
    });
  });

  test('the exit code is 1 when an attempt fails', async () => {
    at.app.answer = ({ body: bytes }) => ({ status: bytes.toString() === body ? 200 : 400 });
    const { code, stdout } = await at.run(['replay', '--filter', 'path:*hook*']);
    at.app.answer = {};
    expect([code, stdout]).toEqual([1, expect.stringMatching(/2 sent, 1 failed/)]);
  });

  test('flags that repeat do not swallow what follows', async () => {
    const { code, stdout } = await at.run([
      'replay',
      '--set',
      'a=1',
      '--set',
      'b=[2]',
      '--header',
      'x-y:z',
      '1',
    ]);
    expect(code).toBe(0);
    const request = at.app.requests.at(-1)!;
    expect(JSON.parse(request.body.toString())).toMatchObject({ a: 1, b: [2] });
    expect(request.header('x-y')).toBe('z');
    expect(stdout).toContain('[edited]');
    expect(stdout).toMatch(/differs from the delivery:\n {2}\+x-y: z/);
    expect((await at.run(['show', '1'])).stdout).toMatch(/differs from the delivery:\n {2}\+x-y: z/);
  });

  test('--edit opens the editor on headers and body', async () => {
    const env = editor(`sed -i 's/Completed/Failed/; s/X-CaSe: Yes/X-CaSe: No/' "$1"`);
    const { code, stdout } = await at.run(['replay', '1', '--edit'], env);
    expect([code, stdout]).toEqual([0, expect.stringContaining('[edited]')]);
    const request = at.app.requests.at(-1)!;
    expect([request.header('x-case'), request.body.toString()]).toEqual([
      'No',
      body.replace('Completed', 'Failed'),
    ]);
  });

  test('--edit without a change is the delivery itself; emptied, it sends nothing', async () => {
    const { stdout } = await at.run(['replay', '1', '--edit'], editor('true'));
    expect(stdout).not.toContain('edited');
    expect(at.app.requests.at(-1)!.body.toString()).toBe(body);
    const before = at.app.requests.length;
    const { code, stderr } = await at.run(['replay', '1', '--edit'], editor(': > "$1"'));
    expect([code, stderr, at.app.requests.length]).toEqual([0, 'Nothing was sent.\n', before]);
  });

  test('--edit: a slip is told, and what was typed is kept', async () => {
    const { code, stderr } = await at.run(['replay', '1', '--edit'], editor('echo "my long text" > "$1"'));
    const [, file] = /kept in (\S+)\.\n$/.exec(stderr) ?? [];
    onCleanup(() => existsSync(file!) && writeFileSync(file!, ''));
    expect([code, readFileSync(file!, 'utf8')]).toEqual([2, 'my long text\n']);
    const failing = await at.run(['replay', '1', '--edit'], editor('exit 3'));
    expect([failing.code, failing.stderr]).toEqual([
      1,
      expect.stringMatching(/ended with code 3: nothing was sent/),
    ]);
  });

  test('--to goes elsewhere, where something else listens', async () => {
    const other = await startApp({ status: 201 });
    const { code, stdout } = await at.run(['replay', 'last', '--to', String(other.port)]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/: 201 in/)]);
    expect(other.requests[0]!.url).toBe('/hook?x=1');
  });

  test('retry says on every line how fast it runs, and what is assumed', async () => {
    at.app.answer = { status: 500 };
    const { code, stdout } = await at.run(['retry', '1', '--retry-base', '10ms', '--time-scale', '10']);
    at.app.answer = {};
    const lines = stdout.trimEnd().split('\n');
    expect([code, lines.length]).toEqual([1, 6]);
    for (const line of lines.slice(0, 4)) expect(line).toContain('reducto-direct, 10 times faster)');
    expect(lines[4]).toMatch(
      /^Schedule reducto-direct: retries after 10 ms, 20 ms, 40 ms\..*no figures.*10 times/,
    );
  });

  test('Ctrl-C ends a schedule; what was sent stays recorded', async () => {
    at.app.answer = { status: 503 };
    const before = at.app.requests.length;
    const child = spawn(process.execPath, [bin, 'retry', '2', '--schedule', '1h', '--data', at.dataDir], {
      cwd: at.dataDir,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onCleanup(() => child.kill('SIGKILL'));
    await at.app.received(before + 1);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([1, null]);
    at.app.answer = {};
    const { stdout } = await at.run(['show', '2', '--output', 'json']);
    const { attempts } = JSON.parse(stdout);
    expect(attempts.at(-1)).toMatchObject({ notes: ['first of 2 (custom)'], outcome: { status: 503 } });
    if (running) {
      expect((await at.run(['work', '--output', 'json'])).stdout).toBe('{"work":[]}\n');
      expect((await at.run(['jobs', '--output', 'json'])).stdout).toBe('{"jobs":[]}\n');
    }
    // Nothing of it is in the way of the next one.
    const { dataDir } = at;
    expect((await runCli(['replay', '1'], { dataDir, cwd: dataDir })).code).toBe(0);
  });
});

test('what comes in is struck by --fault, and every line and record says so', async () => {
  const app = await startApp();
  // A flag before the port does not swallow it.
  const cli = startCli([
    '--fault',
    'lost-ack:1',
    '--fault',
    'corrupt:1 status=503:1',
    '--seed',
    '3',
    app.url,
  ]);
  const { receiverUrl } = await cli.ready;
  const port = Number(new URL(receiverUrl).port);
  expect((await post(port, body)).status).toBe(503); // instead of the app: the acknowledgement is not lost, it is 503
  expect((await post(port, body)).status).toBe(200);
  expect(app.requests).toHaveLength(1);
  await cli.waitFor('acknowledgement', ({ faults }) => String(faults).includes('status=503'));
  const event = await cli.waitFor('attempt');
  expect(event.attempt).toMatchObject({ faults: ['corrupt'] });
  const { stdout: list } = await callCli(['list'], { dataDir: cli.dataDir });
  expect(list).toMatch(/#2 .* 200 in .* with a fault/);
  expect(list).toMatch(/#1 .* sender got 503 \(.*fault status=503\)/);
  const { stdout: show } = await callCli(['show', '1'], { dataDir: cli.dataDir });
  expect(show).toMatch(/Sender got: 503 .*fault status=503/);
  const { stdout: faults } = await callCli(['faults'], { dataDir: cli.dataDir });
  expect(faults).toMatch(/^At work: none/);
  const { stdout: set } = await callCli(['faults', '--set', 'drop:5 hang:1'], { dataDir: cli.dataDir });
  expect(set).toMatch(/^At work: drop:5 hang:1 \(seed \d+\)/);
});

test('held deliveries are released one by one, in any order', async () => {
  const app = await startApp();
  const cli = startCli([app.url]);
  const { receiverUrl } = await cli.ready;
  const run = (...args: string[]) => runCli([...args, '--output', 'json'], { dataDir: cli.dataDir });
  expect((await run('hold')).stdout).toBe('{"holding":true,"held":[]}\n');
  const answers = [];
  for (const text of ['a', 'b', 'c']) {
    answers.push(post(Number(new URL(receiverUrl).port), text));
    await cli.waitFor('delivery', ({ delivery }) => (delivery as { seq: number }).seq === answers.length);
  }
  expect((await run('release', '2')).stdout).toBe('{"released":1,"held":[1,3]}\n');
  await answers[1];
  expect((await run('release', '2')).stderr).toMatch(/#2 is not held: only #1, #3/);
  expect((await run('release', '3')).stdout).toBe('{"released":1,"held":[1]}\n');
  await answers[2];
  expect((await run('hold', '--off')).stdout).toBe('{"holding":false,"held":[1]}\n');
  await run('release');
  await Promise.all(answers);
  expect(app.requests.map((request) => request.body.toString())).toEqual(['b', 'c', 'a']);
});

describe('bad input is one clear line, exit code 2, and nothing is lost', () => {
  let at: Place;
  beforeAll(async () => {
    at = await place(false);
  });

  test.each<[string[], RegExp]>([
    [['replay'], /Which delivery\?/],
    [['replay', '99'], /no delivery "99"/],
    [['replay', '1', '--fault', 'drop:1 explode'], /no fault "explode".*at character 8 of "drop:1 explode"/],
    [['replay', '1', '--times', 'x'], /times/],
    [['replay', '1', '--speed', '-1'], /speed/],
    [['replay', '1', '--set', 'nonsense'], /not PATH=VALUE/],
    [['replay', '2', '--set', 'a=1'], /#2: .*not JSON/],
    [['replay', '1', '--resign'], /secret is needed/],
    [['replay', '1', '--edit', '--output', 'yaml'], /not plain or json/],
    [['replay', '1', '2', '--edit'], /--edit takes one delivery/],
    [['replay', '1', '--nonsense'], /unknown option '--nonsense'/],
    [['duplicate'], /missing required argument/],
    [['duplicate', '1', '--count', '0'], /count/],
    [['retry', '1', '--schedule', 'often'], /no retry schedule/],
    [['retry', '1', '--time-scale', '0'], /timeScale|time-scale/],
    [['diff', '1'], /missing required argument 'after'/],
    [['diff', '1', 'att_nothing'], /no attempt "att_nothing"/],
    [['diff', '1', '2', '--answers'], /is a delivery/],
    [['faults', '--set', 'drop'], /running reducto-webhook-dev is needed/],
    [['faults', '--seed', '1'], /give --set too/],
    [['hold'], /needs a running/],
    [['release', '1'], /needs a running/],
    [['reopen-tunnel'], /needs a running/],
    [['export', '--format', 'pdf'], /format/],
    [['export', '--filter', 'status:('], /./],
    [['import', '/nowhere/file'], /\/nowhere\/file can't be read/],
    [['import'], /missing required argument/],
    [['show', '1', '--raw', '--nonsense'], /unknown option/],
    [['nonsense'], /./],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await at.run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    // commander adds where help is.
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !/^$|\(see .* --help\)/.test(line)),
    ).toHaveLength(1);
    expect(stderr).not.toMatch(/ at .*\.js:\d+|bug/);
  });

  test('an export never overwrites unasked and leaves nothing half done, and what is broken in a file is told', async () => {
    const file = join(at.dataDir, 'out.ndjson');
    expect((await at.run(['export', '--file', file])).code).toBe(0);
    const good = readFileSync(file, 'utf8');
    const again = await at.run(['export', '--file', file]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/exists: choose another name/)]);
    expect(readFileSync(file, 'utf8')).toBe(good);
    expect((await at.run(['export', '--file', file, '--format', 'har', '--force'])).code).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8')).log.entries).toHaveLength(2);
    expect((await at.run(['export', '--file', join(file, 'x')])).code).toBe(1);
    expect(readdirSync(at.dataDir).filter((name) => name.includes('.part-'))).toEqual([]);
    writeFileSync(`${file}.bad`, `${good}{"v":1}\n`);
    const bad = await at.run(['import', `${file}.bad`]);
    expect([bad.code, bad.stderr]).toEqual([0, expect.stringMatching(/^Warning: line 3: /)]);
    writeFileSync(`${file}.worse`, '{"v":1}\n');
    const worse = await at.run(['import', `${file}.worse`]);
    expect([worse.code, worse.stderr]).toEqual([1, expect.stringMatching(/line 1: /)]);
    const { stdout } = await at.run(['list', '--output', 'json']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(4);
  });
});

test('export and import: what comes back is what was there, byte for byte', async () => {
  const at = await place(false);
  const other = tempDir();
  for (const format of ['ndjson', 'har', 'fixture']) {
    const file = join(at.dataDir, `out.${format}`);
    await at.run(['export', '--format', format, '--file', file, '--show-secrets']);
    const { code, stdout } = await callCli(['import', file, '--output', 'json'], { dataDir: other });
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { imported: 2, masked: 0 }]);
  }
  const seen = async (dataDir: string, seq: number) => {
    const { stdout } = await callCli(['show', String(seq), '--show-secrets', '--output', 'json'], {
      dataDir,
    });
    const { method, target, headers, body: bytes, receivedAt } = JSON.parse(stdout).delivery;
    return { method, target, headers, bytes, receivedAt };
  };
  for (const seq of [1, 2]) {
    const original = await seen(at.dataDir, seq);
    for (const copy of [seq, seq + 2, seq + 4]) expect(await seen(other, copy)).toEqual(original);
  }
});
