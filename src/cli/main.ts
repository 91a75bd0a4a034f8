import { version } from '../core/version.ts';

// --version answers before anything is loaded.
const [, , first, ...rest] = process.argv;
if ((first === '--version' || first === '-V') && rest.length === 0) process.stdout.write(`${version}\n`);
else await (await import('./program.ts')).main();
