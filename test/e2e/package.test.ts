import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { beforeAll, describe, expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { startCli } from '../support/cli.ts';

const run = promisify(execFile);

describe('the packed tarball', () => {
  let tarball: string;
  let home: string;
  let unpackedSize: number;

  beforeAll(async () => {
    const out = tempDir();
    home = tempDir();
    // dist/ is built already; `prepack` would build it again under the feet of other tests.
    const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', out]);
    const [packed] = JSON.parse(stdout) as [{ filename: string; unpackedSize: number }];
    tarball = join(out, packed.filename);
    unpackedSize = packed.unpackedSize;
    await run('npm', ['init', '-y'], { cwd: home });
    await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], { cwd: home });
  }, 120_000);

  test('is at most 3 MB, and not much more when it is unpacked', () => {
    expect(statSync(tarball).size).toBeLessThanOrEqual(3 * 1024 * 1024);
    expect(unpackedSize).toBeLessThanOrEqual(5 * 1024 * 1024);
  });

  test('adds at most five packages, none of which runs a script when installed', () => {
    const lock = JSON.parse(readFileSync(join(home, 'node_modules/.package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const paths = Object.keys(lock.packages);
    expect(paths).toContain('node_modules/reducto-webhook-dev');
    expect(paths.length).toBeLessThanOrEqual(5);
    for (const path of paths) {
      expect(lock.packages[path], path).not.toHaveProperty('hasInstallScript');
      const { scripts = {} } = readJson(join(home, path, 'package.json')) as {
        scripts?: Record<string, string>;
      };
      expect(Object.keys(scripts), path).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(pre|post)?install$/)]),
      );
      // npm compiles a package that has this file, script or not.
      expect(existsSync(join(home, path, 'binding.gyp')), path).toBe(false);
    }
  });

  test('runs through npx', async () => {
    const { stdout } = await run('npx', ['--no-install', 'reducto-webhook-dev', '--version'], { cwd: home });
    const { version } = readJson('package.json') as { version: string };
    expect(stdout.trim()).toBe(version);
  });

  test('takes a delivery', async () => {
    const installed = join(home, 'node_modules/.bin/reducto-webhook-dev');
    const cli = startCli([], { executable: installed });
    const { receiverUrl } = await cli.ready;
    const body = '{"status":"Completed","job_id":"204a39e4","metadata":{"user_id":"123"}}';
    const answer = await fetch(receiverUrl, { method: 'POST', body });
    expect(answer.status).toBe(200);
    await cli.waitFor('delivery', (event) => JSON.stringify(event).includes('204a39e4'));
    expect(await cli.stop()).toMatchObject({ code: 0 });
  });

  test('says where bugs go, pins what it depends on, and has its policy on security', () => {
    const dir = join(home, 'node_modules/reducto-webhook-dev');
    const manifest = readJson(join(dir, 'package.json')) as {
      repository: { url: string };
      bugs: { url: string };
      dependencies: Record<string, string>;
    };
    expect(manifest.repository.url).toMatch(/^git\+https:.*\.git$/);
    expect(manifest.bugs.url).toMatch(/^https:/);
    for (const version of Object.values(manifest.dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(readdirSync(dir)).toContain('SECURITY.md');
  });

  test('has a valid CycloneDX document of all that was bundled, with the hashes of the lock file', async () => {
    const text = readFileSync(join(home, 'node_modules/reducto-webhook-dev/dist/sbom.cdx.json'), 'utf8');
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const { components } = JSON.parse(text) as {
      components: { purl: string; hashes: { content: string }[] }[];
    };
    const dirs = bundledPackages();
    expect(components).toHaveLength(dirs.size);
    const { integrity } = (
      readJson('package-lock.json') as { packages: Record<string, { integrity: string }> }
    ).packages['node_modules/undici']!;
    expect(components.find(({ purl }) => purl.startsWith('pkg:npm/undici@'))!.hashes).toEqual([
      { alg: 'SHA-512', content: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') },
    ]);
  });

  test('carries the licences of everything that was bundled', () => {
    const dist = join(home, 'node_modules/reducto-webhook-dev/dist');
    const notices = readFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    const bundled = bundledPackages();
    expect(bundled.size).toBeGreaterThan(10);
    for (const dir of bundled) {
      const { name, version } = readJson(join(dir, 'package.json')) as { name: string; version: string };
      expect(notices).toContain(`${name} ${version} (`);
    }
    // Every text is a licence, not an empty file.
    for (const text of notices.split(`\n${'-'.repeat(80)}\n`)) expect(text).toMatch(/licen[cs]e|permission/i);
    expect(readdirSync(dist)).toContain('cli.js');
  });
});

test('nothing heavy is loaded for --version', () => {
  const { packages, externals } = staticClosure('dist/cli.js');
  const names = [...packages].map((dir) => dir.replace(/^.*node_modules\//, ''));
  for (const heavy of ['ink', 'react', 'express', 'undici', 'zod', 'axios', 'localtunnel', 'ws', 'liqe'])
    expect(names).not.toContain(heavy);
  expect([...externals]).not.toContain('node-sqlite3-wasm');
});

test('the emulator is loaded only by those who want one', () => {
  const { outputs } = metafile();
  const own = (path: string): boolean =>
    /^src\/emulator\/(emulator|app|sender|jobs|results|routes)|pdf-lib|busboy/.test(
      path.replace('node_modules/', ''),
    );
  const chunks = Object.entries(outputs).filter(([, { inputs }]) => inputs.some(own));
  expect(chunks.length).toBeGreaterThan(0); // else this looks for the wrong names
  const entries = ['cli.js', 'program-', 'listen-', 'history-'].flatMap((name) => {
    const files = Object.keys(outputs).filter((path) => path.startsWith(`dist/${name}`));
    expect(files, name).not.toEqual([]);
    return files;
  });
  const loaded = new Set(entries.flatMap((entry) => [...staticClosure(entry).outputs]));
  for (const [path] of chunks) expect(loaded).not.toContain(path);
});

test('listen loads nothing that serves the page until a page asks, and nothing of a relay', async () => {
  const list = join(tempDir(), 'loaded');
  // Notes every module that the tool loads.
  const hook = `import{appendFileSync}from'node:fs';export const load=(url,context,next)=>{appendFileSync(${JSON.stringify(list)},url+'\\n');return next(url,context)}`;
  const start = `import{register}from'node:module';register(${JSON.stringify(dataUrl(hook))})`;
  const tool = startCli([], { env: { NODE_OPTIONS: `--import ${dataUrl(start)}` } });
  const { receiverUrl, inspectorUrl } = await tool.ready;
  await fetch(receiverUrl, { method: 'POST', body: '{}' });
  await tool.waitFor('acknowledgement');
  const { outputs } = metafile();
  const loaded = (): string[] => {
    const dist = `${pathToFileURL(resolve('.')).href}/dist/`;
    const chunks = readFileSync(list, 'utf8')
      .split('\n')
      .flatMap((url) => (url.startsWith(dist) ? [`dist/${url.slice(dist.length)}`] : []));
    expect(chunks.length).toBeGreaterThan(3);
    const inputs = [...new Set(chunks)].flatMap((chunk) => outputs[chunk]!.inputs);
    return inputs.filter((path) =>
      // The names of limits stand in the help.
      /^src\/(inspector\/(app|live|rest|page-files|openapi\/)|relay\/(?!limits)|tunnel\/relay-listener)|node_modules\/(express|ws|@nats-io|prom-client)\//.test(
        path,
      ),
    );
  };
  expect(loaded()).toEqual([]);
  await fetch(inspectorUrl!);
  const asked = loaded();
  expect(asked).toEqual(expect.arrayContaining(['src/inspector/app.ts', 'src/inspector/page-files.ts']));
  expect(asked.filter((path) => !/^src\/inspector\/(app|page-files)|\/express\//.test(path))).toEqual([]);
});

const dataUrl = (script: string): string => `data:text/javascript,${encodeURIComponent(script)}`;

interface Metafile {
  /** What the page was made of. */
  web: string[];
  /** By the path of a file in dist/: what it loads as soon as it is, and the modules that went into it. */
  outputs: Record<string, { imports: string[]; inputs: string[] }>;
}

/** The account of the build that the tests run. */
const metafile = (): Metafile => readJson('.cache/build-meta.json') as Metafile;

/** The packages that have code in the bundle or the page. */
function bundledPackages(): Set<string> {
  const { outputs, web } = metafile();
  const inputs = [...Object.values(outputs).flatMap(({ inputs }) => inputs), ...web];
  return new Set(inputs.flatMap(packageOf));
}

/** The packages and outside modules that are loaded as soon as `entry` is, before it has done anything. */
function staticClosure(entry: string): {
  packages: Set<string>;
  externals: Set<string>;
  outputs: Set<string>;
} {
  const { outputs } = metafile();
  const [packages, externals, seen] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const { imports, inputs } = outputs[path]!;
    for (const dir of inputs.flatMap(packageOf)) packages.add(dir);
    for (const name of imports) {
      if (`dist/${name}` in outputs) visit(`dist/${name}`);
      else externals.add(name);
    }
  };
  visit(entry);
  return { packages, externals, outputs: seen };
}

const packageOf = (input: string): string[] => {
  const dir = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
  return dir === undefined ? [] : [dir];
};

const readJson = (path: string): unknown => JSON.parse(readFileSync(resolve(path), 'utf8'));
