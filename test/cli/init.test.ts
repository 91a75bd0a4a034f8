import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli } from '../support/cli.ts';

describe('init', () => {
  test('writes into a new folder and says what to do next', async () => {
    const cwd = tempDir();
    const { code, stdout, stderr } = await runCli(['init', '--lang', 'node', '--dir', 'new/app'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(readdirSync(join(cwd, 'new/app')).sort()).toEqual(['reducto-jobs.mjs', 'reducto-webhook.mjs']);
    expect(stdout).toMatch(/^ {2}cd new\/app\n {2}npm install express@5 node-sqlite3-wasm\n/m);
    expect(stdout).toContain('WEBHOOK_SECRET=s3cret node reducto-webhook.mjs');
  });

  test('writes a route where Next.js looks for it', async () => {
    const cwd = tempDir();
    mkdirSync(join(cwd, 'src/app'), { recursive: true });
    const { code } = await callCli(['init', '--lang', 'typescript'], { cwd });
    expect(code).toBe(0);
    expect(existsSync(join(cwd, 'src/app/api/reducto-webhook/route.ts'))).toBe(true);
  });

  test.each(['a file', 'a link that leads nowhere'])('writes nothing where %s is', async (what) => {
    const cwd = tempDir();
    // The second of the two files: looked for before the first is written.
    const there = join(cwd, 'reducto-jobs.mjs');
    if (what === 'a file') writeFileSync(there, 'mine');
    else symlinkSync('nowhere', there);
    const { code, stdout, stderr } = await callCli(['init', '--lang', 'node'], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/reducto-jobs\.mjs exists: nothing was written\. .*--dir/);
    expect(readdirSync(cwd)).toEqual(['reducto-jobs.mjs']);
  });

  test.each([
    [['init'], 2, /Which language\? Give --lang node, python, typescript/],
    [['init', '--lang', 'cobol'], 2, /--lang: "cobol" is not one of node, python, typescript/],
    [
      ['init', '--lang', 'python', '--dir', '/dev/null'],
      1,
      /\/dev\/null\/reducto_webhook\.py can't be written/,
    ],
  ])('%j is an error in one line', async (args, exitCode, message) => {
    const { code, stdout, stderr } = await callCli(args);
    expect([code, stdout]).toEqual([exitCode, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
