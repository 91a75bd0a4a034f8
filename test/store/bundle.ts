import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { options } from '../../build.js';
import { onCleanup } from '../support/cleanup.ts';

/** Bundles a program of `test/store/programs` as the tool itself is bundled. @returns the file to run */
export async function bundle(name: string): Promise<string> {
  // Within the project, so that the engine, which stays outside of the bundle, is found.
  const outfile = fileURLToPath(
    new URL(`../../.cache/programs/${name}-${randomUUID()}.mjs`, import.meta.url),
  );
  onCleanup(() => rmSync(outfile, { force: true }));
  const entry = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const { legalComments, metafile, splitting, ...same } = options;
  await build({ ...same, entryPoints: [entry], outfile, logLevel: 'error' });
  return outfile;
}
