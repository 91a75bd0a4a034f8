import { setFlagsFromString } from 'node:v8';
import { version } from '../core/version.ts';
import type { ShellName } from './completion/line.ts';
import { hideSecrets } from './process-list.ts';
import { leaveLostDirectory } from './working-directory.ts';

// --version answers before anything is loaded.
const [, , first, ...rest] = process.argv;
if ((first === '--version' || first === '-V') && rest.length === 0) process.stdout.write(`${version}\n`);
else {
  hideSecrets();
  leaveLostDirectory();
  // SQLite is WebAssembly. V8 would count what of it runs often, and optimise that in a while, for 40 MB: a few hundredths
  // more throughput are not worth them. The flags are V8's own, so they are given to the versions of Node that are known
  // to have them.
  if (Number(process.versions.node.split('.')[0]) <= 24)
    for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
  // Asked by a shell at each Tab (see completion/scripts.ts), so the program is not put together for it.
  if (first === '__complete')
    await (await import('./completion/answer.ts')).answer(rest[0] as ShellName, Number(rest[1]) || undefined);
  else await (await import('./program.ts')).main();
}
