import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli, startCli } from '../support/cli.ts';

const bin = join(import.meta.dirname, '../../bin/reducto-webhook-dev.js');
const config = 'reducto-webhook-dev.config.json';

describe('where the tool is started', () => {
  test('a working directory that is gone is no bug of ours', () => {
    const [gone, data] = [join(tempDir(), 'gone'), tempDir()];
    const run = (...args: string[]) => {
      mkdirSync(gone);
      const script = 'cd "$0" && rmdir "$0" && exec "$@"';
      return spawnSync('sh', ['-c', script, gone, process.execPath, bin, ...args], { encoding: 'utf8' });
    };
    expect(run('list', '--data', data)).toMatchObject({ status: 0, stdout: 'No deliveries.\n' });
    const relative = run('export', '--file', 'x.har', '--data', data);
    expect(relative.status).toBe(2);
    expect(relative.stderr).toMatch(/^reducto-webhook-dev: x\.har: the working directory is gone[^\n]*\n$/);
  });

  test.each(['', '{', '\ufeff{"name":"x"}', '[1]', 'null'])(
    'a package.json above that is %j stops nothing',
    async (text) => {
      const dir = tempDir();
      writeFileSync(join(dir, 'package.json'), text);
      mkdirSync(join(dir, 'below'));
      expect(await runCli(['list'], { cwd: join(dir, 'below') })).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('"data" in the config file is below that file, from every folder, and ~ is the home folder', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'a/b'), { recursive: true });
    const list = (data: string, cwd: string) => {
      writeFileSync(join(dir, config), JSON.stringify({ data }));
      const env = { ...process.env, HOME: join(dir, 'home') };
      execFileSync(process.execPath, [bin, 'list'], { cwd, env });
    };
    list('history', join(dir, 'a/b'));
    expect(existsSync(join(dir, 'history/history.db'))).toBe(true);
    list('~/kept', join(dir, 'a'));
    expect(existsSync(join(dir, 'home/kept/history.db'))).toBe(true);
  });
});

describe('keys in the config file', () => {
  test.each([
    [{ replay: 'x' }, 'x would be both "replay" and "clear" in the list: give one of them another key'],
    [['replay'], 'write commands with their keys, as in {"replay": "ctrl+r"}'],
  ])('%j is refused before anything starts, in one line that says what to do', async (keys, said) => {
    const dir = tempDir();
    writeFileSync(join(dir, config), JSON.stringify({ keys }));
    const { code, stderr } = await runCli(['listen', '--tunnel', 'none', '--port', '0', '--data', dir], {
      cwd: dir,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^reducto-webhook-dev: [^\n]*\n$/);
    expect(stderr).toContain(`${join(dir, config)}: keys: ${said}`);
  });
});

describe('secrets', () => {
  test('come from a file; one in a flag is not left where ps shows it', async () => {
    const file = join(tempDir(), 'secret.txt');
    writeFileSync(file, '"s3cret"\r\n');
    const cli = startCli(['--secret', `@${file}`, '--svix-secret', 'whsec_c2VjcmV0']);
    const { receiverUrl } = await cli.ready;
    const body = JSON.stringify({ status: 'Completed', job_id: 'j', metadata: { secret: 's3cret' } });
    await fetch(receiverUrl, { method: 'POST', body });
    const event = await cli.waitFor('delivery');
    expect(JSON.stringify(event)).toContain('"secret":{"verdict":"ok"');
    const shown = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(cli.pid)]).toString();
    expect(shown).toContain('--svix-secret ***');
    expect(shown).toContain(cli.dataDir);
  });

  test('a wrong Svix secret is told and does not stop the tool from capturing', async () => {
    const cli = startCli(['--svix-secret', 'whsec_%%%']);
    const { receiverUrl } = await cli.ready;
    expect(cli.stderr()).toMatch(/Svix signatures can be neither made nor verified: .*not base64/);
    expect((await fetch(receiverUrl, { method: 'POST', body: '{}' })).status).toBe(200);
    expect(JSON.stringify(await cli.waitFor('delivery'))).toContain('bad signature');
  });

  test.each(['@/no/such/file', '""', ' '])('%j is refused in a line', async (value) => {
    const { code, stderr } = await callCli(['listen', '--secret', value]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^reducto-webhook-dev: --secret: [^\n]+\n$/);
  });
});
