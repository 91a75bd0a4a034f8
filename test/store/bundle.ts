import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onCleanup } from '../support/cleanup.ts';

/** Bundles a program of `test/store/programs`. @returns the file to run */
export async function bundle(name: string): Promise<string> {
  // Within the project, so that the engine, which stays outside of the bundle, is found.
  const outfile = fileURLToPath(
    new URL(`../../.cache/programs/${name}-${randomUUID()}.mjs`, import.meta.url),
  );
  onCleanup(() => rmSync(outfile, { force: true }));
  const entry = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    external: ['node-sqlite3-wasm'],
    logLevel: 'error',
  });
  return outfile;
}
