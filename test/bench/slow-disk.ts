import { readFileSync, rmSync } from 'node:fs';
import { type Bench, compared } from './figure.ts';
import { generateLoad } from './load.ts';
import { freePort, listenArgs, newDataDir, program, startBin } from './processes.ts';

const load = { connections: 50, rate: 500, warmupMs: 1000, durationMs: 20_000 };

/** How long the event loop of the tool stands still, with a disk that is slow. */
export const slowDisk: Bench = {
  method:
    'The longest time that the event loop of `listen` is not served during 500 deliveries of 1 KB a second for 20 s, while ' +
    'every wait for the disk is made 20 ms longer by a preloaded module (injected); baseline: the disk as it is.',
  async run({ rounds }) {
    return [
      await compared(rounds, {
        ...{ what: 'Longest block, each sync 20 ms slower', unit: 'ms', judged: 'itself' },
        baseline: { what: 'the disk as it is', measure: () => longestBlock(0) },
        ours: () => longestBlock(20),
        target: { bound: 'at most', value: 30 },
      }),
    ];
  },
};

async function longestBlock(slowMs: number): Promise<number> {
  const dataDir = newDataDir();
  const port = await freePort();
  const told = `${dataDir}.loop`;
  const env = {
    NODE_OPTIONS: `--import=${program('slow-disk')}`,
    SLOW_DISK_MS: String(slowMs),
    LOOP_FILE: told,
  };
  const args = [...listenArgs(dataDir, port), '--output', 'plain', '--no-inspector'];
  const tool = await startBin(args, port, dataDir, env);
  const url = `http://127.0.0.1:${port}/webhook`;
  await generateLoad({ ...load, url, durationMs: 2000 });
  tool.child.kill('SIGUSR2');
  await generateLoad({ ...load, url });
  await tool.stop();
  const longest = Number(readFileSync(told, 'utf8'));
  rmSync(told);
  return longest;
}
