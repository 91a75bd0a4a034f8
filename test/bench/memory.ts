import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Bench } from './figure.ts';
import { generateLoad } from './load.ts';
import { bin, freePort, listenArgs, newDataDir, pause } from './processes.ts';
import { alternate, median } from './rounds.ts';
import { onTerminal } from './terminal.ts';

const settleMs = 5000;

/** What the tool takes with its screen shown. */
export const memory: Bench = {
  method:
    'Resident memory (VmRSS) on a pseudo-terminal of 120×40, 5 s after the first screen, and again 5 s after ' +
    '20,000 deliveries of 1 KB over 50 connections as fast as they are taken. Baseline when idle: a process that ' +
    'has loaded ink, bundled the same way, and drawn one text; after the burst: the same process before it.',
  async run({ rounds }) {
    const burst: number[] = [];
    const idle = await alternate(rounds, baselineMemory, async () => {
      const { before, after } = await toolMemory();
      burst.push(after - before);
      return before;
    });
    return [
      {
        what: 'Memory, idle',
        unit: 'MB',
        baseline: { what: 'node with ink', value: idle.baseline },
        ours: idle.ours,
        judged: 'difference',
        target: { bound: 'at most', value: 60 },
      },
      {
        what: 'Memory after 20,000 deliveries',
        unit: 'MB',
        baseline: { what: 'idle', value: idle.ours },
        ours: idle.ours + median(burst),
        judged: 'difference',
        target: { bound: 'at most', value: 100 },
      },
    ];
  },
};

async function baselineMemory(): Promise<number> {
  const terminal = await onTerminal(
    [resolve('.cache/bench/programs/ink-baseline.js')],
    'ink is up',
    process.cwd(),
  );
  await pause(settleMs);
  const used = residentMb(terminal.pid);
  await terminal.stop();
  return used;
}

async function toolMemory(): Promise<{ before: number; after: number }> {
  const [dataDir, port] = [newDataDir(), await freePort()];
  const terminal = await onTerminal([bin, ...listenArgs(dataDir, port)], `:${port}`, dataDir);
  try {
    await pause(settleMs);
    const before = residentMb(terminal.pid);
    await generateLoad({
      url: `http://127.0.0.1:${port}/webhook`,
      connections: 50,
      warmupMs: 0,
      count: 20_000,
    });
    await pause(settleMs);
    return { before, after: residentMb(terminal.pid) };
  } finally {
    await terminal.stop();
    rmSync(dataDir, { recursive: true });
  }
}

/** Resident memory of a process, MB. */
export const residentMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
