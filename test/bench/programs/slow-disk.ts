// Loaded into a process before all else: every wait for the disk takes `SLOW_DISK_MS` longer, in whichever thread it
// is waited for, and at the end the longest time that the event loop was not served is written to `LOOP_FILE` (ms).
// SIGUSR2 begins to count anew.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const slowMs = Number(process.env.SLOW_DISK_MS);
const { fsyncSync, fdatasync } = fs;
const cell = new Int32Array(new SharedArrayBuffer(4));
if (slowMs > 0) {
  Object.assign(fs, {
    fsyncSync(fd: number) {
      fsyncSync(fd);
      Atomics.wait(cell, 0, 0, slowMs);
    },
    fdatasync: (fd: number, done: fs.NoParamCallback) =>
      fdatasync(fd, (error) => void setTimeout(() => done(error), slowMs)),
  });
  syncBuiltinESMExports();
}
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('SIGUSR2', () => delay.reset());
process.on('exit', () => fs.writeFileSync(process.env.LOOP_FILE!, String(delay.max / 1e6)));
