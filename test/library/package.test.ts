import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { beforeAll, describe, expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { examples } from '../support/examples.ts';

const run = promisify(execFile);
const consumers = resolve('test/fixtures/consumers');
let tarball: string;

beforeAll(async () => {
  // `npm test` has written the types, `npm run build` alone has not.
  if (!existsSync('dist/index.d.ts')) await run(process.execPath, ['declarations.js']);
  const out = tempDir();
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out]);
  tarball = join(out, (JSON.parse(stdout) as [{ filename: string }])[0].filename);
}, 120_000);

/** A project that has the packed package, and of our own packages those that are named. @param type of its modules */
async function project(type: 'module' | 'commonjs', ...packages: string[]): Promise<string> {
  const dir = tempDir();
  const own = join(dir, 'node_modules/reducto-webhook-dev');
  mkdirSync(own, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
  for (const name of ['node-sqlite3-wasm', ...packages]) {
    const path = join(dir, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(resolve('node_modules', name), path);
  }
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type }));
  return dir;
}

/** Runs a program of ours there. @throws with what it printed when it fails */
async function runs(
  cwd: string,
  program: string,
  args: string[],
  ...flags: string[]
): Promise<{ stdout: string; printed: string }> {
  const file = resolve('node_modules', program);
  // A runner inside of a runner would take itself for a part of it.
  const { NODE_TEST_CONTEXT: _, VITEST: __, ...env } = process.env;
  const { stdout, stderr } = await run(process.execPath, [file, ...args], {
    cwd,
    env: { ...env, NO_COLOR: '1', NODE_OPTIONS: flags.join(' ') },
  }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`, { cause: error });
  });
  return { stdout, printed: stdout + stderr };
}

const strict = JSON.stringify({
  compilerOptions: {
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true },
    ...{ skipLibCheck: false, target: 'ES2023', module: 'nodenext', types: ['node'] },
  },
  include: ['*.mts', '*.cts'],
});

test('the package is one that tools can read', async () => {
  const dir = await project('module');
  const pkgDir = join(dir, 'node_modules/reducto-webhook-dev');
  expect((await publint({ pkgDir, pack: false, strict: true })).messages).toEqual([]);
});

describe('the published types', () => {
  test('are right in a strict project, for modules and for CommonJS', async () => {
    const dir = await project('module', '@types/node', 'undici-types');
    for (const kind of ['mts', 'cts']) cpSync(join(consumers, 'strict.ts'), join(dir, `strict.${kind}`));
    writeFileSync(join(dir, 'tsconfig.json'), strict);
    expect((await runs(dir, 'typescript/bin/tsc', ['-p', '.'])).stdout).toBe('');
  }, 120_000);

  test('fit the examples of README and docs, and what jest and vitest expect of a matcher', async () => {
    const packages = ['vitest', '@jest/globals', 'expect', 'reductoai', '@types/node', 'undici-types'];
    const dir = await project('module', ...packages);
    const before: Record<string, string> = {
      'README.md': "import Reducto from 'reductoai'; const client = new Reducto();",
      'docs/library.md':
        "import 'reducto-webhook-dev/matchers/vitest'; declare const db: { query(sql: string): Promise<object[]> };",
    };
    const typed = examples.filter(
      ({ at, language }) => /^[jt]s$/.test(language) && before[at.split(':')[0]!],
    );
    expect(typed).toHaveLength(2);
    for (const { at, text } of typed) {
      const page = at.split(':')[0]!;
      writeFileSync(join(dir, `${page.replaceAll(/\W/g, '-')}.mts`), `${before[page]}\n${text}`);
    }
    cpSync(join(consumers, 'jest.ts'), join(dir, 'jest.mts'));
    writeFileSync(join(dir, 'tsconfig.json'), strict.replace('"skipLibCheck":false', '"skipLibCheck":true'));
    expect((await runs(dir, 'typescript/bin/tsc', ['-p', '.'])).stdout).toBe('');
  }, 120_000);

  test('name nothing but Node: no file of ours, no other package', async () => {
    const dir = await project('module');
    for (const file of ['index', 'matchers']) {
      const text = readFileSync(join(dir, `node_modules/reducto-webhook-dev/dist/${file}.d.ts`), 'utf8');
      expect(text).not.toMatch(/\bz\.|zod|from ['"]|import\(/);
      expect(text).not.toContain(resolve('.'));
    }
  });

  test('are found in every way of resolving that can load the package', async () => {
    // CommonJS does get an ES module: Node allows that now, as the test of `require` shows.
    const allowed = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'];
    // It fails where it finds a problem.
    const { stdout: told } = await runs('.', '@arethetypeswrong/cli/dist/index.js', [tarball, ...allowed]);
    for (const entry of ['', '/matchers', '/matchers/vitest', '/matchers/jest'])
      expect(told).toContain(`"reducto-webhook-dev${entry}"`);
  }, 120_000);
});

test('require gives the same as import, where Node allows it', async () => {
  const dir = await project('commonjs');
  const script = `const { start } = require('reducto-webhook-dev'); start().then(async (dev) => { await dev.trigger({ job: 'j' }); console.log((await dev.waitFor({ job: 'j' })).seq); await dev.stop(); })`;
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: dir });
  expect(stdout).toBe('1\n');
});

/** Each has two files of tests, which run at the same time: a port or a folder that both want would show. */
describe('the example passes in', () => {
  test('vitest', async () => {
    const dir = await project('module', 'vitest');
    example(dir, 'vitest');
    const { printed } = await runs(dir, 'vitest/vitest.mjs', ['run', '--root', dir]);
    expect(printed).toMatch(/Tests +4 passed/);
  }, 120_000);

  test.each([
    ['jest', 'module', '--maxWorkers=2'],
    // In one process, one after another: what stays open keeps it from ending.
    ['jest-cjs', 'commonjs', '--runInBand'],
  ] as const)(
    '%s',
    async (runner, type, how) => {
      const dir = await project(type, 'jest');
      example(dir, runner);
      const config = {
        testMatch: ['**/*.test.*js'],
        moduleFileExtensions: ['mjs', 'cjs', 'js'],
        transform: {},
      };
      const args = ['--config', JSON.stringify(config), '--testTimeout=60000', how];
      const { printed } = await runs(dir, 'jest/bin/jest.js', args, '--experimental-vm-modules');
      expect(printed).toMatch(/Tests: +4 passed/);
      expect(printed).not.toContain('did not exit');
    },
    120_000,
  );

  test('node --test', async () => {
    const dir = await project('module');
    example(dir, 'node');
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    // It waits for each file's process.
    const { stdout } = await run(process.execPath, ['--test'], { cwd: dir, env });
    expect(stdout).toContain('# pass 4');
  }, 120_000);
});

/** Puts the example of a runner into a project, twice. */
function example(dir: string, runner: string): void {
  cpSync(join(consumers, 'handler.mjs'), join(dir, 'handler.mjs'));
  for (const name of readdirSync(join(consumers, runner)))
    for (const copy of [name, `other-${name}`]) cpSync(join(consumers, runner, name), join(dir, copy));
}
