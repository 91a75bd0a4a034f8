// Bundles src/ into dist/: everything but the SQLite engine goes in, so that an install adds one package.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { build as buildPage } from 'vite';

/**
 * Leaves the encodings of Asian languages out (450 KB), which iconv-lite has for express: a body of JSON is in UTF-8 or
 * UTF-16, and express refuses any other.
 */
const unusedTables = {
  name: 'unused tables',
  resolveId: (path) => (path === './dbcs-data' ? resolve('src/cli/empty.ts') : null),
};

/** Rolldown's options for anything that is to run as the published tool does (the benchmarks use them too). */
export const options = {
  platform: 'node',
  // jsonc-parser's "main" is UMD, which no bundler can follow.
  resolve: { mainFields: ['module', 'main'], alias: { 'react-devtools-core': resolve('src/cli/empty.ts') } },
  transform: {
    target: 'node20.19',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  },
  external: ['node-sqlite3-wasm'],
};

/** The tool, and what others import of it. */
const input = { cli: 'src/cli/main.ts', index: 'src/index.ts', matchers: 'src/library/matchers.ts' };

/**
 * What is loaded together is one file: Node takes 0.7 ms to find each. A module is in the first of these that needs it,
 * by what is imported at once by the modules named; what none of them needs goes where the bundler puts it.
 */
const together = {
  first: ['src/cli/main.ts'],
  complete: ['src/cli/completion/answer.ts'],
  matching: ['src/library/matchers.ts'],
  program: ['src/cli/program.ts'],
  engine: ['src/index.ts'],
  listen: ['src/cli/listen.ts'],
};

/** Where tests find what went into each file, and into the page (`web`). */
const metafilePath = '.cache/build-meta.json';

/** Bundles the tool. @returns by file: the module that it stands for, what it imports, and what went into it */
async function buildTool() {
  /** By module, the name in {@link together}. */
  const groups = new Map();
  const grouping = {
    name: 'what is loaded together',
    buildEnd() {
      for (const [name, roots] of Object.entries(together)) {
        const visit = (id) => {
          const { importedIds = [], isEntry } = this.getModuleInfo(id) ?? {};
          if (groups.has(id)) return;
          groups.set(id, isEntry ? null : name); // the first one waits for what others load with it
          importedIds.forEach(visit);
        };
        for (const root of roots) visit(resolve(root));
      }
    },
  };
  const bundle = await rolldown({
    ...options,
    input,
    preserveEntrySignatures: 'allow-extension',
    checks: { ineffectiveDynamicImport: false }, // what is loaded later by one may be there at once for another
    plugins: [unusedTables, grouping],
  });
  const { output } = await bundle.write({
    dir: 'dist',
    minify: true,
    charset: 'ascii', // V8 holds a text with other characters in it in two bytes each
    comments: { legal: false }, // they are in THIRD-PARTY-NOTICES.txt
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'together', name: (id) => groups.get(id) ?? null }],
    },
  });
  await bundle.close();
  return Object.fromEntries(
    output.map(({ fileName, facadeModuleId, imports, moduleIds }) => [
      `dist/${fileName}`,
      {
        ...(facadeModuleId && { entryPoint: relative('.', facadeModuleId) }),
        ...{ imports, inputs: moduleIds.map((id) => relative('.', id)) },
      },
    ]),
  );
}

async function buildDist() {
  const outputs = await buildTool();
  const web = await buildWeb();
  const packages = bundled([...Object.values(outputs).flatMap(({ inputs }) => inputs), ...web]);
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices(packages));
  writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(bom(packages), null, 2)}\n`);
  // What `init` writes into the user's folder.
  rmSync('dist/samples', { recursive: true, force: true });
  cpSync('src/cli/samples', 'dist/samples', { recursive: true });
  const printed = (...args) => execFileSync(process.execPath, ['bin/reducto-webhook-dev.js', ...args]);
  writeFileSync('dist/completion.json', printed('completion-table'));
  // What editors complete scenarios from, without a network.
  writeFileSync('dist/scenario.schema.json', printed('scenario', 'schema'));
  mkdirSync('.cache', { recursive: true });
  writeFileSync(metafilePath, JSON.stringify({ outputs, web }));
  // Only now, so that a build that fails leaves the last good one.
  const written = new Set([
    'THIRD-PARTY-NOTICES.txt',
    'sbom.cdx.json',
    'samples',
    'completion.json',
    'scenario.schema.json',
    'web',
    ...Object.keys(outputs).map((path) => basename(path)),
  ]);
  // Those of types are written by declarations.js.
  for (const file of readdirSync('dist'))
    if (!written.has(file) && !file.endsWith('.d.ts')) rmSync(join('dist', file), { recursive: true });
}

/** Builds the page. @returns the files that it was made of */
async function buildWeb() {
  // A test's own NODE_ENV would bring React's development build.
  process.env.NODE_ENV = 'production';
  const built = await buildPage({
    configFile: false,
    root: 'src/web',
    logLevel: 'warn',
    build: {
      outDir: '../../dist/web',
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { checks: { moduleLevelDirective: false } },
    },
  });
  return built.output.flatMap(({ moduleIds = [] }) => moduleIds).map((id) => relative('.', id));
}

/** Every package that has code in the bundle: its folder, and what its package.json says. @param inputs paths of files */
function bundled(inputs) {
  const dirs = new Set(inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]));
  dirs.delete(undefined);
  return [...dirs].sort().map((dir) => ({ dir, manifest: readJson(join(dir, 'package.json')) }));
}

/** The licences of every package in the bundle, each text once. */
function notices(packages) {
  const byText = new Map();
  for (const { dir, manifest } of packages) {
    const text = licenceText(dir, manifest.name).trim();
    const names = byText.get(text) ?? [];
    byText.set(text, [...names, `${manifest.name} ${manifest.version} (${manifest.license})`]);
  }
  const texts = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return `This package contains code of the packages below, each under its own licence.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** What is in the bundle as a CycloneDX 1.6 document, for audits: `npm audit` sees one package only. */
function bom(packages) {
  const { packages: locked } = readJson('package-lock.json');
  const own = readJson('package.json');
  const component = ({ name, version, license }, type, dir) => ({
    type,
    'bom-ref': purl(name, version),
    name,
    version,
    licenses: [{ license: { id: license } }],
    purl: purl(name, version),
    ...(dir && { hashes: [hashOf(locked[dir].integrity)] }),
  });
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component(own, 'application') },
    components: packages.map(({ dir, manifest }) => component(manifest, 'library', dir)),
  };
}

// The npm type of the package-url specification: an @ in front of a scope is escaped.
const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** npm's integrity as CycloneDX writes it: the tarball's hash in hexadecimal. */
function hashOf(integrity) {
  const [algorithm, digest] = integrity.split('-');
  return {
    alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
    content: Buffer.from(digest, 'base64').toString('hex'),
  };
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

function licenceText(dir, name) {
  const file = readdirSync(dir).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (file !== undefined) return readFileSync(join(dir, file), 'utf8');
  const holder = mitWithoutText[name];
  if (holder === undefined) throw new Error(`${dir} has no licence text: it can't be bundled.`);
  return mit(holder);
}

/** Packages that say they are under the MIT licence but don't carry its text: who holds the copyright. */
const mitWithoutText = {
  // As its source files say, and the LICENSE in its repository.
  'yoga-layout': 'Copyright (c) Meta Platforms, Inc. and affiliates.',
};

const mit = (holder) => `MIT License

${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation
the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of
the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
IN THE SOFTWARE.`;

if (import.meta.filename === process.argv[1]) await buildDist();
