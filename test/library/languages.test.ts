import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { bin, callCli } from '../support/cli.ts';

vi.setConfig({ testTimeout: 180_000 });

const run = promisify(execFile);

/** Copies an example of docs/testing into a folder, runs it there with the tool on its path, and gives what it prints. */
async function passes(example: string, dir: string, command: [string, ...string[]]): Promise<string> {
  cpSync(resolve('docs/testing', example), dir, { recursive: true });
  // As npm install --global leaves it.
  mkdirSync(join(dir, 'bin'));
  symlinkSync(bin, join(dir, 'bin/reducto-webhook-dev'));
  const { WEBHOOK_SECRET: _, SVIX_SECRET: __, CI: ___, ...env } = process.env;
  const [program, ...args] = command;
  const path = [join(dir, 'bin'), '/usr/bin', '/bin', process.env.PATH].join(':');
  const { stdout } = await run(program, args, { cwd: dir, env: { ...env, PATH: path } }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`, { cause: error });
  });
  return stdout;
}

test('the example for pytest passes', async () => {
  const dir = tempDir();
  // The app that it tests.
  expect((await callCli(['init', '--lang', 'python', '--dir', dir])).code).toBe(0);
  // Debian's own Python, not one that a version manager has put first in the path.
  const printed = await passes('pytest', dir, [
    '/usr/bin/python3',
    '-m',
    'pytest',
    '-q',
    '-p',
    'no:cacheprovider',
  ]);
  expect(printed).toContain('2 passed');
});

test('the example for Go passes', async () => {
  // Go's linter takes ten times as long as all the rest.
  const printed = await passes('go', tempDir(), ['/usr/bin/go', 'test', '-vet=off', '-v', './...']);
  expect(printed.match(/^--- PASS/gm)).toHaveLength(2);
});
