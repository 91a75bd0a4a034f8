import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { claim } from '../../src/inspector/claim.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { makeDataDir, stableSubdomain } from '../../src/runtime/data-dir.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';

/** Does all that a start does in a data directory. @returns the error that it ended with; null for none */
async function use(dataDir: string): Promise<unknown> {
  try {
    const claimed = await claim(dataDir, { patienceMs: 0 });
    if ('owner' in claimed) return new UserError('owner', 'it has an owner');
    try {
      stableSubdomain(dataDir);
      await openStore(dataDir).close();
    } finally {
      await claimed.release();
    }
    return null;
  } catch (error) {
    return error;
  }
}

const victimText = 'precious';

const oddities: Record<string, (path: string, dir: string) => unknown> = {
  'a link to a file': (path, dir) => {
    writeFileSync(join(dir, 'victim'), victimText);
    symlinkSync(join(dir, 'victim'), path);
  },
  'a link to nothing': (path, dir) => symlinkSync(join(dir, 'victim'), path),
  'a link to a folder': (path, dir) => symlinkSync(dir, path),
  'a folder': (path) => mkdirSync(path),
  'a folder with something in it': (path) => mkdirSync(join(path, 'deep'), { recursive: true }),
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a socket': async (path) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    onCleanup(() => server.close());
  },
};

const ours = [
  'listen.lock',
  'listen.lock.guard',
  'subdomain',
  'history.db',
  'history.db-wal',
  'history.db-journal',
  'history.db.lock',
];

describe.runIf(process.platform !== 'win32')('in the place of a file of ours', () => {
  test.each(ours.flatMap((name) => Object.keys(oddities).map((oddity) => [name, oddity] as const)))(
    '%s: %s is told by its name, or does no harm',
    async (name, oddity) => {
      const dataDir = tempDir();
      const elsewhere = tempDir();
      await oddities[oddity]!(join(dataDir, name), elsewhere);
      const error = await use(dataDir);
      if (error !== null) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).message).toContain(join(dataDir, name));
        expect((error as UserError).message).not.toContain('\n');
      }
      const victim = join(elsewhere, 'victim');
      if (oddity === 'a link to a file') expect(readFileSync(victim, 'utf8')).toBe(victimText);
      else expect(existsSync(victim)).toBe(false);
      expect(readdirSync(elsewhere).filter((left) => left !== 'victim')).toEqual([]);
    },
  );

  test('files with the names of drafts, for any pid, are not written to', async () => {
    const dataDir = tempDir();
    const victim = join(tempDir(), 'victim');
    writeFileSync(victim, victimText);
    for (let pid = process.pid; pid < process.pid + 50; pid++)
      symlinkSync(victim, join(dataDir, `listen.lock.${pid}`));
    expect(await use(dataDir)).toBeNull();
    expect(readFileSync(victim, 'utf8')).toBe(victimText);
  });
});

test('a lock that is too long, or sends us to another machine, is none of ours', async () => {
  const dataDir = tempDir();
  const path = join(dataDir, 'listen.lock');
  writeFileSync(path, Buffer.alloc(1e6, 'x'));
  expect(await use(dataDir)).toMatchObject({ message: expect.stringContaining(`${path} is a file of`) });
  for (const apiUrl of ['http://192.0.2.1:80', 'http://127.0.0.1:80@192.0.2.1:80', 'http://localhost:1/x']) {
    writeFileSync(path, JSON.stringify({ pid: 1, port: 1, apiUrl, token: 'x'.repeat(20) }));
    expect(readLock(dataDir)).toBeNull();
    expect(await use(dataDir)).toBeNull();
  }
});

describe('a data directory', () => {
  test('is made for its user only, and so are the folders above it and the files in it', async () => {
    const top = join(tempDir(), 'a');
    const dataDir = join(top, 'b', 'c');
    expect(makeDataDir(dataDir)).toBeNull();
    for (const dir of [top, join(top, 'b'), dataDir]) expect(statSync(dir).mode & 0o777).toBe(0o700);
    const claimed = await claim(dataDir);
    stableSubdomain(dataDir);
    const store = openStore(dataDir);
    for (const file of readdirSync(dataDir).map((name) => lstatSync(join(dataDir, name))))
      if (file.isFile()) expect(file.mode & 0o077).toBe(0);
    await store.close();
    if ('release' in claimed) await claimed.release();
  });

  test('that others can write to is warned of', () => {
    const dataDir = tempDir();
    expect(makeDataDir(dataDir)).toBeNull();
    const open = join(dataDir, 'open');
    execFileSync('mkdir', ['-m', '777', open]);
    expect(makeDataDir(open)).toMatch(/^Warning: other users can write to .*open/);
  });

  test.each(['/proc/x', '/proc/x/y', '/dev/null', '/dev/null/x', '/proc/self/fd/x'])(
    'that can not be made is a UserError, at once: %s',
    async (dataDir) => {
      expect(await use(dataDir)).toMatchObject({
        name: 'UserError',
        message: expect.stringMatching(new RegExp(`^${dataDir} can't be used .*--data`)),
      });
    },
  );
});
