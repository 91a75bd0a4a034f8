import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/inspector/run-command.ts';
import { canMount } from '../store/namespace.ts';
import { openTemp } from '../store/support.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { newDelivery } from '../support/deliveries.ts';

const settings = { endpoints: [], svixSecret: undefined, timeoutMs: 1000 };

/** A small disk of its own, with a history in it. */
async function disk(): Promise<{ mount: string; dataDir: string }> {
  const mount = tempDir();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
  onCleanup(() => void execFileSync('umount', ['-l', mount]));
  const dataDir = join(mount, 'data');
  mkdirSync(dataDir);
  const { store } = openTemp({}, dataDir);
  await store.addDelivery(newDelivery('{"kept":true}'));
  await store.close();
  return { mount, dataDir };
}

function fill(mount: string): void {
  const { bavail, bsize } = statfsSync(mount);
  writeFileSync(join(mount, 'ballast'), Buffer.alloc(bavail * bsize));
}

// A file system of one's own can only be made by root.
describe.runIf(process.getuid?.() === 0 && canMount)('where nothing can be written and nobody runs', () => {
  test.each<[what: string, spoil: (mount: string) => void]>([
    ['a disk that is full', fill],
    ['one that is only read', (mount) => execFileSync('mount', ['-o', 'remount,ro', mount])],
  ])('%s: all that only reads works, says so, and changes nothing', async (_, spoil) => {
    const { mount, dataDir } = await disk();
    spoil(mount);
    const before = readdirSync(dataDir);
    const told: string[] = [];
    const all = { ...settings, onReadOnly: (why: string) => void told.push(why) };
    expect(await runCommand(dataDir, 'list', {}, all)).toMatchObject({ deliveries: [{ seq: 1 }] });
    expect(await runCommand(dataDir, 'show', { id: 'last' }, all)).toMatchObject({ delivery: { seq: 1 } });
    expect(await runCommand(dataDir, 'export', {}, all)).toMatchObject({ exported: 1 });
    expect(await runCommand(dataDir, 'filter', { query: 'grüße' }, all)).toEqual({ matches: 0 });
    expect(told).toEqual(Array(4).fill(expect.stringMatching(/can't be used|The disk is full/)));
    await expect(runCommand(dataDir, 'clear', {}, settings)).rejects.toMatchObject({ name: 'UserError' });
    expect(readdirSync(dataDir)).toEqual(before);
  });
});
