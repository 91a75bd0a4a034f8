import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { RuntimeEvent } from '../runtime/session.ts';

/** ms that a start takes, and more. */
const startMs = 2000;
/** ms between two looks at what is taken. */
const lookMs = 500;
/** ms without work, after which memory is given back: again, since V8 does not begin where it has just ended one by itself. */
const idleMs = [2000, 8000];
/** Bytes that the heap has grown by, or the space for young objects has, for which a collection is worth its 15 ms. */
const worthwhile = 16 * 1024 * 1024;
/** Bytes up to which the space for young objects grows: more of it is no faster, and takes 50 ms to give back. */
const enoughYoung = 32 * 1024 * 1024;

/** V8's own flags, which are given to the versions of Node that are known to have them. */
const known = Number(process.versions.node.split('.')[0]) <= 24;

/** Has V8 take less memory; each flag is measured in `npm run bench -- memory`. */
export function spareMemory(): void {
  if (!known) return;
  // SQLite is WebAssembly. V8 would count what of it runs often, and optimise that in a while, for 40 MB: a few hundredths
  // more throughput are not worth them.
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
  // The space for young objects grows with what is made, and what a start makes is thrown away: 13 MB for good. Under load
  // it may grow, for a sixth more throughput.
  setFlagsFromString('--semi-space-growth-factor=1');
  setTimeout(() => setFlagsFromString('--semi-space-growth-factor=2'), startMs).unref();
}

/**
 * Has V8 give back what a burst took, once nothing comes any more: it looks for garbage when it needs room for more, so
 * that a tool that waits for the next delivery would keep 80 MB of it.
 * @returns a function that ends this
 */
export function giveMemoryBack(session: {
  watch(listener: (event: RuntimeEvent) => void): () => void;
}): () => void {
  if (!known) return () => undefined;
  let busyAt = Number.NEGATIVE_INFINITY;
  let growing = false;
  /** Collections since there was work, or what there was no need for. */
  let tried = 0;
  /** What the heap took after the last collection; null until the next look. */
  let atRest: number | null = heapSize();
  const grow = (wanted: boolean): void => {
    if (growing !== wanted) setFlagsFromString(`--semi-space-growth-factor=${wanted ? 2 : 1}`);
    growing = wanted;
  };
  const end = session.watch(({ type }) => {
    // What retention removes in the background is no reason to wait.
    if (type !== 'removed' && type !== 'status') busyAt = performance.now();
  });
  const timer = setInterval(() => {
    const taken = heapSize();
    atRest ??= taken;
    const idle = performance.now() - busyAt;
    if (idle < idleMs[0]!) {
      tried = 0;
      return grow(youngSize() < enoughYoung);
    }
    if (tried === idleMs.length || idle < idleMs[tried]!) return;
    tried += 1;
    if (taken - atRest < worthwhile && youngSize() < worthwhile) return;
    grow(false);
    collect();
    atRest = null;
  }, lookMs).unref();
  return () => {
    end();
    clearInterval(timer);
  };
}

const heapSize = (): number => getHeapStatistics().total_physical_size;

const youngSize = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;

/** V8's function for collections, made when it is first needed. */
let gc: ((options: { type: 'minor'; execution: 'sync' }) => void) | null = null;

/**
 * Starts a collection of everything in small steps, which ends with less memory taken (`optimize-for-size`). `gc` itself
 * would collect everything at once, a pause of 40 ms; so it collects what is young (2 ms), after which V8 asks itself whether
 * to begin with the rest, and is told that the limit is reached. Its last step is a pause of 15 ms, or of 30 if it moved
 * objects together (`compact`) for another 5 MB.
 */
function collect(): void {
  if (gc === null) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as NonNullable<typeof gc>;
    setFlagsFromString('--no-expose-gc');
  }
  const flags = ['incremental-marking-hard-trigger=1', 'optimize-for-size', 'no-compact'];
  for (const flag of flags) setFlagsFromString(`--${flag}`);
  gc({ type: 'minor', execution: 'sync' });
  for (const flag of ['incremental-marking-hard-trigger=0', 'no-optimize-for-size', 'compact'])
    setFlagsFromString(`--${flag}`);
}
