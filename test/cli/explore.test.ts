import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { animalNamed, withAnimal } from '../checks/zoo/run-animal.ts';
import { secret } from '../checks/zoo/zoo.ts';
import { callCli, runCli } from '../support/cli.ts';

test('a violation: exit code 1, the shortest schedule, its timeline, a seed, a script and a scenario', async () => {
  await withAnimal(animalNamed('check-then-act'), async (options, dir) => {
    const script = join(dir, 'reproduce.sh');
    const scenario = join(dir, 'found.yaml');
    const { code, stdout } = await runCli(
      [
        ...[
          'check',
          '--explore',
          '--seed',
          '1',
          '--runs',
          '60',
          '--script',
          script,
          '--write-scenario',
          scenario,
          '--data',
          join(dir, 'data'),
        ],
        ...['--start', options.start!.command, '--ready', options.start!.readyUrl, '--endpoint', '/webhook'],
        ...['--effects-url', options.effectsUrls![0]!, '--secret', secret],
      ],
      { cwd: dir },
    );
    expect(code).toBe(1);
    expect(stdout).toContain('deliver 2 × job 1 at the same instant: job 1: 2 times the effect');
    expect(stdout).toContain('The shortest schedule has 1 step');
    expect(stdout).toMatch(/ ms {2}deliver 2 × job 1 at the same instant: 200, 200\n/);
    expect(stdout).toMatch(/the same command with --seed \d+/);
    expect(stdout).toContain(`The script is in ${script}.`);
    expect(readFileSync(script, 'utf8')).toMatch(/^#!\/usr\/bin\/env bash\n/);
    expect(readFileSync(script, 'utf8')).not.toContain(`"secret":"${secret}"`);
    expect(statSync(script).mode & 0o100).toBe(0o100);
    expect(readFileSync(scenario, 'utf8')).not.toContain(secret);
    // The secret in this command was taken out of the file; all else stands in it.
    const again = await runCli(
      [
        'scenario',
        'run',
        scenario,
        '--start',
        options.start!.command,
        '--secret',
        secret,
        '--data',
        join(dir, 'data'),
      ],
      { cwd: dir },
    );
    expect([again.code, again.stdout]).toEqual([1, expect.stringContaining('job-1: 2 times the effect')]);
  });
}, 240_000);

test('nothing found: exit code 0, and how much was tried', async () => {
  await withAnimal(animalNamed('correct-busy-409'), async (options, dir) => {
    const { code, stdout, stderr } = await callCli(
      [
        ...['check', '--explore', '--seed', '2', '--runs', '5', '--data', join(dir, 'data')],
        ...['--start', options.start!.command, '--ready', options.start!.readyUrl, '--endpoint', '/webhook'],
        ...['--effects-url', options.effectsUrls![0]!, '--secret', secret],
      ],
      { cwd: dir },
    );
    expect(stdout).not.toContain('shortest schedule');
    expect(stderr).toMatch(/explore .* 5 schedules in .*, and every effect was there once/);
    expect(code).toBe(0);
  });
}, 120_000);

test('without a probe there is nothing to judge: exit code 2', async () => {
  await withAnimal(animalNamed('check-then-act'), async (options, dir) => {
    const { code, stderr } = await callCli(
      [
        ...['check', '--explore', '--runs', '5', '--data', join(dir, 'data'), '--secret', secret],
        ...['--start', options.start!.command, '--ready', options.start!.readyUrl, '--endpoint', '/webhook'],
      ],
      { cwd: dir },
    );
    expect(stderr).toContain('--explore has to see effects');
    expect(code).toBe(2);
  });
}, 60_000);

test('a handler that does not even work is said to be that: exit code 1', async () => {
  await withAnimal(animalNamed('no-secret-check'), async (options, dir) => {
    const { code, stderr } = await callCli(
      [
        ...['check', '--explore', '--runs', '5', '--data', join(dir, 'data'), '--endpoint', '/nowhere'],
        ...['--start', options.start!.command, '--ready', options.start!.readyUrl],
        ...['--effects-url', options.effectsUrls![0]!],
      ],
      { cwd: dir },
    );
    expect(stderr).toContain('There is nothing to explore yet: the plain delivery: answered 404');
    expect(code).toBe(1);
  });
}, 60_000);

test.each(['--runs 5', '--time 5s', '--reset true', '--script x.sh', '--write-scenario x.yaml'])(
  '%s alone is a mistake',
  async (flags) => {
    const { code, stderr } = await callCli(['check', 'http://localhost:1/webhook', ...flags.split(' ')]);
    expect(code).toBe(2);
    expect(stderr).toContain('goes with --explore');
  },
);
