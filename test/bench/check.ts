import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Bench, compared } from './figure.ts';
import { freePort, newDataDir, runBin } from './processes.ts';

const secret = 'whs-of-the-benchmarks';

/** How long a developer waits for the verdict. */
export const check: Bench = {
  method:
    '`check` of a right handler that keeps the event, answers and works on it at once (`correct-inbox` of the zoo), with `--start`, ' +
    'from the start of the command to its end: all checks; baseline: `--only once`.',
  async run({ rounds }) {
    return [
      await compared(Math.min(rounds, 2), {
        ...{ what: '`check`, all checks', unit: 's', judged: 'itself' },
        baseline: { what: '`--only once`', measure: () => seconds(['--only', 'once']) },
        ours: () => seconds([]),
        target: { bound: 'at most', value: 15 },
      }),
    ];
  },
};

async function seconds(args: readonly string[]): Promise<number> {
  const [dataDir, port] = [newDataDir(), await freePort()];
  const origin = `http://127.0.0.1:${port}`;
  const start = `${process.execPath} ${resolve('test/checks/zoo/handlers/correct-inbox.js')}`;
  const app = ['--start', start, '--ready', `${origin}/health`, '--effects-url', `${origin}/effects`];
  const env = { PORT: String(port), DATA_DIR: dataDir, WEBHOOK_SECRET: secret };
  const began = performance.now();
  try {
    await runBin(['check', `${origin}/webhook`, ...app, '--data', dataDir, ...args], env);
    return (performance.now() - began) / 1000;
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}
