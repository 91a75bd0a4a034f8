import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { post } from '../receiver/raw-client.ts';
import { openTemp } from '../store/support.ts';
import { bin, callCli, startCli } from '../support/cli.ts';
import { newDelivery } from '../support/deliveries.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const binary = Buffer.from([0, 255, 13, 10, 27, 91, 51, 49, 109, 200, 128]);
const evil = '\x1b[31mred\x1b]0;title\x07\u202eevil';
let dataDir: string;

beforeAll(async () => {
  const cli = startCli(['--secret', 's3cret']);
  const { receiverUrl } = await cli.ready;
  const port = Number(new URL(receiverUrl).port);
  await post(
    port,
    JSON.stringify({ status: 'Completed', job_id: 'job-1', metadata: { secret: 's3cret', user: 'u1' } }),
    {
      target: '/one?token=t0k3n',
      headers: ['Authorization: Bearer b34rer', 'svix-signature: v1,5ignature'],
    },
  );
  await post(port, JSON.stringify({ status: 'Failed', job_id: evil, metadata: null }), {
    target: '/two',
    headers: ['X-Evil: \xc2\x9b31m'],
  });
  await post(port, binary, { target: '/three' });
  await cli.stop();
  dataDir = cli.dataDir;
});

const run = (...args: string[]) => callCli(args, { dataDir });
const output = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};

describe('list', () => {
  test('is one delivery a line, newest first', async () => {
    const lines = (await output('list')).trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/#3 {2}other {2}- {2}POST \/three/);
    expect(lines[2]).toMatch(/#1 {2}Completed {2}job-1 {2}POST \/one\?token=•••••• .*secret ok/);
  });

  test('with --output json is one object a line', async () => {
    const objects = (await output('list', '--output', 'json'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(objects.map(({ seq }) => seq)).toEqual([3, 2, 1]);
    expect(objects[2]).toMatchObject({ status: 'Completed', jobId: 'job-1', metadata: { user: 'u1' } });
    expect(JSON.stringify(objects)).not.toMatch(/s3cret|t0k3n/);
  });

  test('can be filtered and limited', async () => {
    const seqs = async (...args: string[]) =>
      (await output('list', '--output', 'json', ...args))
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).seq);
    expect(await seqs('--filter', 'status:failed')).toEqual([2]);
    expect(await seqs('--filter', 'metadata.user:u1 AND verified:true')).toEqual([1]);
    expect(await seqs('--limit', '2')).toEqual([3, 2]);
    expect(await seqs('--filter', 'job:nothing')).toEqual([]);
  });

  test('may be cut off by its reader', async () => {
    const child = spawn(process.execPath, [bin, 'list', '--data', dataDir], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.destroy();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('');
  });
});

describe('show', () => {
  test('last --raw is the body, byte for byte', async () => {
    const child = spawn(process.execPath, [bin, 'show', 'last', '--raw', '--data', dataDir], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const bytes = Buffer.concat(await child.stdout.toArray());
    expect(bytes).toEqual(binary);
  });

  test('is the request with its verdict and what the sender got', async () => {
    const text = await output('show', '1');
    expect(text).toMatch(/^#1 {2}dlv_\w+/);
    expect(text).toContain('Reducto: Completed, job job-1');
    expect(text).toContain('secret: ok');
    expect(text).toContain('Sender got: 200');
    expect(text).toContain('"user":"u1"');
  });

  test.each([['1'], ['#1'], ['ID']])('finds a delivery by %s', async (reference) => {
    const { delivery } = JSON.parse(await output('show', '1', '--output', 'json'));
    const given = reference === 'ID' ? delivery.id : reference;
    expect(JSON.parse(await output('show', given, '--output', 'json')).delivery.seq).toBe(1);
  });

  test.each([[[]], [['--output', 'json']]])('masks secrets unless asked for (%j)', async (format) => {
    expect(await output('show', '1', ...format)).not.toMatch(/s3cret|t0k3n|b34rer|5ignature/);
    const open = await output('show', '1', '--show-secrets', ...format);
    for (const secret of ['s3cret', 't0k3n', 'b34rer', '5ignature']) expect(open).toContain(secret);
  });

  test('never lets what came from outside act on the terminal', async () => {
    for (const args of [['show', '2'], ['show', '3'], ['list']]) {
      const text = await output(...args);
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    }
    expect(await output('show', '2')).toContain('\\x1b[31mred');
  });

  test.each([
    ['99', /no delivery "99"/],
    ['dlv_nonsense', /no delivery "dlv_nonsense"/],
    ['', /no delivery ""/],
  ])('%j, which is not there, is an error', async (reference, message) => {
    const { code, stdout, stderr } = await run('show', reference);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});

test('a folder that can not be used as data directory is an error of one line', async () => {
  const { code, stderr } = await callCli(['list', '--data', '/dev/null/x']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^reducto-webhook-dev: .*\/dev\/null\/x.*\n$/);
});

test('the bytes of a body that is not the one that arrived come with a word about it', async () => {
  const { store, dir } = openTemp();
  await store.addDelivery(newDelivery('{"amount":100}'));
  await store.close();
  const db = new sqlite.Database(join(dir, 'history.db'));
  db.exec(`pragma locking_mode = exclusive; update content set body = cast('{"amount":900}' as blob)`);
  db.close();
  const { code, stdout, stderr } = await callCli(['show', '1', '--raw'], { dataDir: dir });
  expect([code, stdout]).toEqual([1, '{"amount":900}']);
  expect(stderr).toMatch(/^#1 is damaged in the history .*\n$/);
});
