import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { capture } from './capture.ts';
import { check } from './check.ts';
import { type Bench, type Figure, toTable } from './figure.ts';
import { forward } from './forward.ts';
import { growth } from './growth.ts';
import { list } from './list.ts';
import { memory } from './memory.ts';
import { page } from './page.ts';
import { pageLive } from './page-live.ts';
import { relay } from './relay.ts';
import { replay } from './replay.ts';
import { progress } from './rounds.ts';
import { slowDisk } from './slow-disk.ts';
import { startup } from './startup.ts';
import { tunnel } from './tunnel.ts';

const benches: Record<string, Bench> = {
  capture,
  forward,
  tunnel,
  replay,
  check,
  'slow-disk': slowDisk,
  startup,
  memory,
  list,
  growth,
  page,
  'page-live': pageLive,
  relay,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
});
const rounds = Number(values.rounds);
const unknown = positionals.find((id) => !Object.hasOwn(benches, id));
if (unknown !== undefined || !(rounds >= 1))
  throw new Error(`npm run bench -- [${Object.keys(benches).join('] [')}] [--rounds N]`);

const figures: Figure[] = [];
const ids = positionals.length > 0 ? positionals : Object.keys(benches);
for (const id of ids) {
  progress(`${id} (baseline / ours, a line a round)`);
  figures.push(...(await benches[id]!.run({ rounds })));
}
process.stdout.write(`${toTable(figures)}\n`);
// The file is one whole run: figures of different runs are not to be compared.
if (positionals.length === 0) writeFileSync('BENCHMARKS.md', toFile());

function toFile(): string {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${availableParallelism()} cores (${cpus()[0]!.model}), ${process.platform} ${process.arch}`;
  return `# Benchmarks

Written by \`npm run bench\` on ${date}, Node ${process.versions.node}, ${machine}. Every figure stands beside a
baseline that was measured in the same run, in turn with it; both are medians of ${rounds} rounds.

${toTable(figures)}

## How it is measured

${ids.map((id) => `- **${id}**: ${benches[id]!.method}`).join('\n')}
`;
}
