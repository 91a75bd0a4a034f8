import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type Bench, compared, type Figure } from './figure.ts';
import { bin, ended, freePort, listenArgs, newDataDir } from './processes.ts';
import { median } from './rounds.ts';
import { onTerminal } from './terminal.ts';

const runsPerRound = 5;

/** How long a user waits for the tool. */
export const startup: Bench = {
  method:
    `Each round the median of ${runsPerRound} starts; every \`listen\` begins with an empty data directory, which is ` +
    'the slowest case. Ready: until the line `ready` of `--output json`. First screen: on a pseudo-terminal of ' +
    '120×40 (`script`, whose own start counts), until the receiver’s URL is drawn.',
  async run({ rounds }) {
    const node = several(() => timeToEnd(['-e', '0']));
    const figure = (what: string, ours: () => Promise<number>, limit: number): Promise<Figure> =>
      compared(rounds, {
        ...{ what, unit: 'ms', judged: 'ratio' },
        baseline: { what: '`node -e 0`', measure: node },
        ours: several(ours),
        target: { bound: 'at most', value: limit },
      });
    return [
      await figure('`--version`', () => timeToEnd([bin, '--version']), 1.5),
      await figure('Receiver ready', () => timeToReady(), 4),
      await figure('First screen', timeToScreen, 7),
      await compared(rounds, {
        ...{ what: 'Receiver ready, with the page', unit: 'ms', judged: 'ratio' },
        baseline: { what: '`--no-inspector`', measure: several(() => timeToReady(['--no-inspector'])) },
        ours: several(() => timeToReady()),
        target: { bound: 'at most', value: 1.1 },
      }),
    ];
  },
};

const several = (measure: () => Promise<number>) => async (): Promise<number> => {
  const times: number[] = [];
  for (let run = 0; run < runsPerRound; run++) times.push(await measure());
  return median(times);
};

async function timeToEnd(args: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return performance.now() - began;
}

/** ms until `listen` is ready, with a history that is there, or without one. */
export async function timeToReady(args: readonly string[] = [], history?: string): Promise<number> {
  const [dataDir, port] = [history ?? newDataDir(), await freePort()];
  const began = performance.now();
  const child = spawn(process.execPath, [bin, ...listenArgs(dataDir, port), '--output', 'json', ...args], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let output = '';
    for await (const chunk of child.stdout) {
      output += String(chunk);
      if (output.includes('"type":"ready"')) return performance.now() - began;
    }
    throw new Error(`The tool ended before it was ready: ${output}`);
  } finally {
    child.kill('SIGTERM');
    await ended(child);
    if (history === undefined) rmSync(dataDir, { recursive: true });
  }
}

async function timeToScreen(): Promise<number> {
  const [dataDir, port] = [newDataDir(), await freePort()];
  const terminal = await onTerminal([bin, ...listenArgs(dataDir, port)], `:${port}`, dataDir);
  await terminal.stop();
  rmSync(dataDir, { recursive: true });
  return terminal.shownAfter;
}
