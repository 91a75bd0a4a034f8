// `npm run bench`: bundles the benchmarks as the tool itself is bundled, so that both run on the oldest Node, and
// starts them. The build of the tool comes first (see package.json).
import { build } from 'esbuild';
import { options } from '../../build.js';

await build({
  ...options,
  minify: false,
  external: [...options.external, 'playwright-core', 'esbuild', 'localtunnel'],
  entryPoints: ['run.ts', 'programs/*.ts', 'programs/*.tsx'].map((path) => `test/bench/${path}`),
  outbase: 'test/bench',
  outdir: '.cache/bench',
});
await import('../../.cache/bench/run.js');
