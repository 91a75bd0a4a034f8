import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Server } from './capture.ts';
import { freePort, newDataDir, startProgram, stop, untilListening } from './processes.ts';

/** Where the programs of others are installed that are compared with. */
const folder = resolve('.cache/peers');
const packages = { 'http-proxy': '1.18.1', autocannon: '8.0.0' };

/** Loads a package of {@link packages}, which is installed when it is not there. */
export function requirePeer(name: keyof typeof packages): unknown {
  mkdirSync(folder, { recursive: true });
  const manifest = join(folder, 'package.json');
  if (!existsSync(join(folder, 'node_modules', name))) {
    writeFileSync(manifest, JSON.stringify({ private: true, dependencies: packages }));
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
  }
  return createRequire(manifest)(name);
}

/** `http-proxy` with connections that are kept alive; it stores nothing. */
export async function httpProxy(app: string): Promise<Server> {
  requirePeer('http-proxy');
  const { line, stop } = await startProgram('http-proxy', [app]);
  return { url: line, stop };
}

/** `mitmdump`, which writes what it sees to a file. @throws Error when it is not installed */
export async function mitmdump(app: string): Promise<Server> {
  const [port, dir] = [await freePort(), newDataDir()];
  const { origin, pathname } = new URL(app);
  const mode = ['--mode', `reverse:${origin}`, '--listen-host', '127.0.0.1', '--listen-port', String(port)];
  const args = ['-q', ...mode, '-w', join(dir, 'flows'), '--set', `confdir=${dir}`];
  const child = spawn('mitmdump', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  child.once('error', () => process.stderr.write('mitmdump is needed: apt-get install mitmproxy\n'));
  await untilListening(port, child);
  return {
    url: `http://127.0.0.1:${port}${pathname}`,
    stop: async () => {
      await stop(child);
      rmSync(dir, { recursive: true });
    },
  };
}
