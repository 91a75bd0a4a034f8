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
  writeFileSync('dist/THIRD-PARTY-NOTICES.txt', notices(metafile));
  // What `init` writes into the user's folder.
  rmSync('dist/samples', { recursive: true, force: true });
  cpSync('src/cli/samples', 'dist/samples', { recursive: true });
  mkdirSync('.cache', { recursive: true });
  writeFileSync(metafilePath, JSON.stringify(metafile));
  // Only now, so that a build that fails leaves the last good one.
  const written = new Set([
    'THIRD-PARTY-NOTICES.txt',
    'samples',
    ...Object.keys(metafile.outputs).map((path) => basename(path)),
  ]);
  for (const file of readdirSync('dist'))
    if (!written.has(file)) rmSync(join('dist', file), { recursive: true });
}

/** The licences of every package that has code in the bundle. */
function notices({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const dirs = new Set(inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]));
  dirs.delete(undefined);
  const texts = [...dirs].sort().map((dir) => {
    const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    return `${name} ${version} (${license})\n\n${licenceText(dir, name).trim()}\n`;
  });
  return `This package contains code of the packages below, each under its own licence.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

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
