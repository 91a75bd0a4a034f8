import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { tempDir } from '../support/cleanup.ts';
import { bundle } from './bundle.ts';
import { openTemp } from './support.ts';

/** Has a process store deliveries in `dir` and kills it at some moment. @returns what it was promised, by line */
async function untilKilled(program: string, dir: string): Promise<string[]> {
  const promised: string[] = [];
  const enough = 50 + Math.random() * 300;
  const writer = spawn(process.execPath, [program, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(writer, 'exit');
  // A line that the kill cut off is no promise that anyone has got.
  let rest = '';
  for await (const chunk of writer.stdout.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    promised.push(...lines);
    if (promised.length >= enough) writer.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return promised;
}

test('kill -9 at any moment loses no delivery that was promised', async () => {
  const program = await bundle('writer');
  const dir = tempDir();
  const promised: string[] = [];
  for (let round = 1; round <= 6 || promised.length < 1200; round++) {
    const before = promised.length;
    promised.push(...(await untilKilled(program, dir)));
    const lost: unknown[] = [];
    const { store } = openTemp({ onLoss: (loss) => lost.push(loss) }, dir);
    expect(lost).toEqual([]);
    // Those of the rounds before as well: a few each time, all in the end.
    for (const [i, line] of promised.entries()) {
      if (i < before && i % 20 !== round % 20) continue;
      const [seq, id, sum] = line.split(' ');
      const delivery = store.delivery(Number(seq));
      expect(delivery?.id).toBe(id);
      expect(createHash('sha256').update(delivery!.body).digest('hex')).toBe(sum);
      expect(store.attempts(Number(seq)).map(({ outcome }) => outcome.kind)).not.toContain('pending');
    }
    expect(store.count()).toBe(store.page({ limit: 1_000_000 }).length);
    await store.close();
  }
  expect(promised.length).toBeGreaterThanOrEqual(1000);
  expect(new Set(promised).size).toBe(promised.length);
}, 120_000);
