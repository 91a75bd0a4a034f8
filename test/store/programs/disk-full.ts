// Fills the disk that its folder is on, frees it again, and reports what the store did meanwhile.
// Usage: disk-full.mjs DIR real|injected
import fs, { rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { lossNote } from '../../../src/core/damage.ts';
import { messageOf } from '../../../src/core/errors.ts';
import { openStore } from '../../../src/store/sqlite-store.ts';
import { StoreWriteError } from '../../../src/store/writer.ts';
import { newDelivery } from '../../support/deliveries.ts';

const [dir, mode] = process.argv.slice(2) as [string, 'real' | 'injected'];

interface Disk {
  /** Called after each delivery; a real disk fills by itself. */
  fill(deliveries: number): void;
  free(): void;
}

/** A small file system, of which a file takes a part that is given back later. */
function realDisk(): Disk {
  const ballast = join(dir, 'ballast');
  writeFileSync(ballast, Buffer.alloc(1024 * 1024));
  return { fill: () => undefined, free: () => rmSync(ballast) };
}

/** Writes that make a file longer fail as they do on a full disk. */
function injectedDisk(): Disk {
  let full = false;
  const { writeSync, statfsSync } = fs;
  const write = (
    fd: number,
    buffer: NodeJS.ArrayBufferView,
    offset: number,
    length: number,
    at: number,
  ): number => {
    if (full && at + length > fs.fstatSync(fd).size)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return writeSync(fd, buffer, offset, length, at);
  };
  Object.assign(fs, {
    writeSync: write,
    statfsSync: (path: string) => ({ ...statfsSync(path), ...(full ? { bavail: 0 } : {}) }),
  });
  syncBuiltinESMExports();
  return {
    fill(deliveries) {
      full ||= deliveries === 30;
    },
    free() {
      full = false;
    },
  };
}

const disk = mode === 'real' ? realDisk() : injectedDisk();
const quarantined: string[] = [];
const open = () => openStore(dir, { onLoss: (loss) => quarantined.push(lossNote(loss)) });
const body = (i: number): Buffer => Buffer.alloc(20_000, `delivery ${i} `);

let store = open();
const problems: (string | null)[] = [];
store.subscribe((change) => {
  if (change.type === 'problem') problems.push(change.problem);
});

/** Adds a delivery. @returns why it could not be stored, or null */
async function add(i: number, bytes = body(i)): Promise<string | null> {
  try {
    const { seq } = await store.addDelivery(newDelivery(bytes));
    promised.set(seq, bytes);
    return null;
  } catch (error) {
    if (!(error instanceof StoreWriteError)) throw error;
    return messageOf(error);
  }
}
const promised = new Map<number, Buffer>();

let refusal: string | null = null;
for (let i = 0; i < 1000 && refusal === null; i++) {
  refusal = await add(i);
  disk.fill(i);
}
const stored = promised.size;
// Many at once, and one that is far too large for what is left.
const together = await Promise.all([2000, 2001, 2002].map((i) => add(i, Buffer.alloc(400_000, `${i} `))));
const readable = store.page({ limit: 1000 }).length;
const problem = store.problem;

// A restart while the disk is full.
await store.close();
store = open();
store.subscribe((change) => {
  if (change.type === 'problem') problems.push(change.problem);
});
const reopened = store.count();
const stillRefused = await Promise.all([1, 2, 3].map((i) => add(3000 + i, Buffer.alloc(400_000, `${i} `))));

disk.free();
const afterwards: (string | null)[] = [];
for (let i = 0; i < 5; i++) afterwards.push(await add(4000 + i));
const problemAfterwards = store.problem;
await store.close();

store = open();
const lost = [...promised].filter(
  ([seq, bytes]) => !bytes.equals(store.delivery(seq)?.body ?? Buffer.alloc(0)),
);
const count = store.count();
await store.close();

process.stdout.write(
  JSON.stringify({
    ...{
      refusal,
      stored,
      together,
      readable,
      problem,
      reopened,
      stillRefused,
      afterwards,
      problemAfterwards,
    },
    ...{ problems, quarantined, promised: promised.size, lost: lost.map(([seq]) => seq), count },
  }),
);
