import { version } from '../core/version.ts';
import type { ShellName } from './completion/line.ts';
import { spareMemory } from './memory.ts';
import { hideSecrets } from './process-list.ts';
import { leaveLostDirectory } from './working-directory.ts';

// --version answers before anything is loaded.
const [, , first, ...rest] = process.argv;
if ((first === '--version' || first === '-V') && rest.length === 0) process.stdout.write(`${version}\n`);
else {
  hideSecrets();
  leaveLostDirectory();
  spareMemory();
  // Asked by a shell at each Tab (see completion/scripts.ts), so the program is not put together for it.
  if (first === '__complete')
    await (await import('./completion/answer.ts')).answer(rest[0] as ShellName, Number(rest[1]) || undefined);
  else await (await import('./program.ts')).main();
}
