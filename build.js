// Bundles src/ into dist/: everything but the SQLite engine goes in, so that an install adds one package.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** esbuild's options for anything that is to run as the published tool does (the benchmarks use them too). */
export const options = {
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  minify: true,
  legalComments: 'linked',
  metafile: true,
  // jsonc-parser's "main" is UMD, which no bundler can follow.
  mainFields: ['module', 'main'],
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  external: ['node-sqlite3-wasm'],
  alias: { 'react-devtools-core': './src/cli/empty.ts' },
  // CommonJS dependencies inside an ES module still call require for Node's own modules.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
};

/** Where esbuild's account of what went into each file is left, for the tests. */
const metafilePath = '.cache/build-meta.json';

async function buildDist() {
  const { metafile } = await build({ ...options, entryPoints: { cli: 'src/cli/main.ts' }, outdir: 'dist' });
  const packages = bundled(metafile);
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices(packages));
  writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(bom(packages), null, 2)}\n`);
  // What `init` writes into the user's folder.
  rmSync('dist/samples', { recursive: true, force: true });
  cpSync('src/cli/samples', 'dist/samples', { recursive: true });
  mkdirSync('.cache', { recursive: true });
  writeFileSync(metafilePath, JSON.stringify(metafile));
  // Only now, so that a build that fails leaves the last good one.
  const written = new Set([
    'THIRD-PARTY-NOTICES.txt',
    'sbom.cdx.json',
    'samples',
    ...Object.keys(metafile.outputs).map((path) => basename(path)),
  ]);
  for (const file of readdirSync('dist'))
    if (!written.has(file)) rmSync(join('dist', file), { recursive: true });
}

/** Every package that has code in the bundle: its folder, and what its package.json says. */
function bundled({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const dirs = new Set(inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]));
  dirs.delete(undefined);
  return [...dirs].sort().map((dir) => ({ dir, manifest: readJson(join(dir, 'package.json')) }));
}

/** The licences of every package in the bundle. */
function notices(packages) {
  const texts = packages.map(
    ({ dir, manifest: { name, version, license } }) =>
      `${name} ${version} (${license})\n\n${licenceText(dir, name).trim()}\n`,
  );
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
