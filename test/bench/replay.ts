import { rmSync } from 'node:fs';
import { bareServer } from './capture.ts';
import { type Bench, compared } from './figure.ts';
import { newDataDir, runBin, runProgram } from './processes.ts';

const count = 10_000;
const connections = 50;

/** Sending again what is in the history. */
export const replay: Bench = {
  method:
    '10,000 deliveries of 1 KB from the history to a bare `node:http` server, 50 at once, each attempt recorded: from the start of ' +
    'the command to its end; baseline: `autocannon`, as many requests of 1 KB over as many connections.',
  async run({ rounds }) {
    const [app, dataDir] = [await bareServer(), newDataDir()];
    try {
      await runProgram('list-store', ['seed', dataDir, String(count)]);
      const args = [
        'replay',
        '--filter',
        'method:POST',
        '--to',
        app.url,
        '--concurrency',
        String(connections),
      ];
      return [
        await compared(rounds, {
          ...{ what: 'Replay of 10,000', unit: 'requests/s', judged: 'ratio' },
          baseline: {
            what: '`autocannon`',
            measure: () => runProgram<number>('autocannon', [app.url, String(count), String(connections)]),
          },
          ours: async () => {
            const began = performance.now();
            await runBin([...args, '--data', dataDir]);
            return count / ((performance.now() - began) / 1000);
          },
          target: { bound: 'at least', value: 0.5 },
        }),
      ];
    } finally {
      await app.stop();
      rmSync(dataDir, { recursive: true });
    }
  },
};
