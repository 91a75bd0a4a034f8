// `npm run bench`: bundles the benchmarks as the tool itself is bundled, so that both run on the oldest Node, and
// starts them. The build of the tool comes first (see package.json).
import { readdirSync } from 'node:fs';
import { parse } from 'node:path';
import { rolldown } from 'rolldown';
import { options } from '../../build.js';

const programs = readdirSync('test/bench/programs').map((file) => [
  `programs/${parse(file).name}`,
  `test/bench/programs/${file}`,
]);
const bundle = await rolldown({
  ...options,
  external: [...options.external, 'playwright-core', 'rolldown', 'localtunnel'],
  input: { run: 'test/bench/run.ts', ...Object.fromEntries(programs) },
});
await bundle.write({ dir: '.cache/bench' });
await import('../../.cache/bench/run.js');
