import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { residentMb } from '../support/process.ts';
import { type Bench, compared, type Figure } from './figure.ts';
import { generateLoad } from './load.ts';
import { bin, freePort, listenArgs, newDataDir, pause, runProgram } from './processes.ts';
import { median } from './rounds.ts';
import { type OnTerminal, onTerminal } from './terminal.ts';

const settleMs = 5000;

/** What the tool takes with its screen shown. */
export const memory: Bench = {
  method:
    'Resident memory (VmRSS) on a pseudo-terminal of 120×40, 5 s after the first screen, and again 5 s after ' +
    '20,000 deliveries of 1 KB over 50 connections as fast as they are taken. Baseline when idle, and with 100,000 deliveries ' +
    'in the history: a process that has loaded ink, bundled the same way, and drawn one text; after the burst, and for the peak ' +
    '(VmHWM) of 10 bodies of 10 MB at once: the same process before it.',
  async run({ rounds }) {
    const [burst, peak]: [number[], number[]] = [[], []];
    const history = newDataDir();
    try {
      await runProgram('list-store', ['seed', history, '100000']);
      const idle = await compared(rounds, {
        ...{ what: 'Memory, idle', unit: 'MB', judged: 'difference' },
        baseline: { what: 'node with ink', measure: baselineMemory },
        ours: async () => {
          const used = await toolMemory();
          burst.push(used.after - used.before);
          peak.push(used.peak - used.after);
          return used.before;
        },
        target: { bound: 'at most', value: 40 },
      });
      const full = await compared(rounds, {
        ...{ what: 'Memory, 100,000 in the history', unit: 'MB', judged: 'difference' },
        baseline: { what: 'node with ink', measure: baselineMemory },
        ours: () => idleMemory(history),
        target: { bound: 'at most', value: 80 },
      });
      const beside = (what: string, more: number[], value: number): Figure => ({
        ...{ what, unit: 'MB', judged: 'difference' },
        baseline: { what: 'idle', value: idle.ours },
        ours: idle.ours + median(more),
        target: { bound: 'at most', value },
      });
      return [
        idle,
        beside('Memory after 20,000 deliveries', burst, 60),
        full,
        beside('Peak with 10 bodies of 10 MB at once', peak, 150),
      ];
    } finally {
      rmSync(history, { recursive: true });
    }
  },
};

async function settledMemory(terminal: OnTerminal): Promise<number> {
  await pause(settleMs);
  const used = residentMb(terminal.pid);
  await terminal.stop();
  return used;
}

async function baselineMemory(): Promise<number> {
  const terminal = await onTerminal(
    [resolve('.cache/bench/programs/ink-baseline.js')],
    'ink is up',
    process.cwd(),
  );
  return settledMemory(terminal);
}

async function toolMemory(): Promise<{ before: number; after: number; peak: number }> {
  const [dataDir, port] = [newDataDir(), await freePort()];
  const terminal = await onTerminal([bin, ...listenArgs(dataDir, port)], `:${port}`, dataDir);
  const load = { url: `http://127.0.0.1:${port}/webhook`, warmupMs: 0 };
  try {
    await pause(settleMs);
    const before = residentMb(terminal.pid);
    await generateLoad({ ...load, connections: 50, count: 20_000 });
    await pause(settleMs);
    const after = residentMb(terminal.pid);
    await generateLoad({ ...load, connections: 10, count: 10, bytes: 10_000_000 });
    return { before, after, peak: residentMb(terminal.pid, 'VmHWM') };
  } finally {
    await terminal.stop();
    rmSync(dataDir, { recursive: true });
  }
}

async function idleMemory(history: string): Promise<number> {
  const port = await freePort();
  const args = [...listenArgs(history, port), '--keep', '1000000', '--keep-bytes', '10gb'];
  const terminal = await onTerminal([bin, ...args], `:${port}`, history);
  return settledMemory(terminal);
}
