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
  // SQLite is WebAssembly. V8 would optimise it as soon as it opens a file, for 30 MB: a tenth more throughput under
  // load is not worth that. The flag is V8's own, so it is given to the versions of Node that are known to have it.
  if (Number(process.versions.node.split('.')[0]) <= 24)
    setFlagsFromString('--wasm-tiering-budget=1000000000');
  // Asked by a shell at each Tab (see completion/scripts.ts), so the program is not put together for it.
  if (first === '__complete')
    await (await import('./completion/answer.ts')).answer(rest[0] as ShellName, Number(rest[1]) || undefined);
  else await (await import('./program.ts')).main();
}
