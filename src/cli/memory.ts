import { setFlagsFromString } from 'node:v8';

/** ms that a start takes, and more. */
const startMs = 2000;

/**
 * Has V8 take less memory. The flags are its own, so they are given to the versions of Node that are known to have them;
 * each is measured in `npm run bench -- memory`.
 */
export function spareMemory(): void {
  if (Number(process.versions.node.split('.')[0]) > 24) return;
  // SQLite is WebAssembly. V8 would count what of it runs often, and optimise that in a while, for 40 MB: a few hundredths
  // more throughput are not worth them.
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
  // The space for young objects grows with what is made, and what a start makes is thrown away: 13 MB for good. Under load
  // it may grow, for a sixth more throughput.
  setFlagsFromString('--semi-space-growth-factor=1');
  setTimeout(() => setFlagsFromString('--semi-space-growth-factor=2'), startMs).unref();
}
