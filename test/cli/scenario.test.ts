import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { idempotent, notIdempotent, startHandler } from '../checks/handler.ts';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli } from '../support/cli.ts';

vi.setConfig({ testTimeout: 120_000 });

/** The example of the page. */
const example = /```yaml\n(.*?)```/s.exec(readFileSync('docs/scenarios.md', 'utf8'))![1]!;

describe('run', () => {
  test('the example of the page passes with a handler that is right, and fails with one that is not', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'example.yaml'), example);
    const run = async (work: Parameters<typeof startHandler>[0], ...more: string[]) => {
      const { url, stateUrl } = await startHandler(work);
      const flags = ['--endpoint', url, '--effects', `curl -s ${stateUrl}`, '--emulator-port', '0'];
      return runCli(['scenario', 'run', 'example.yaml', ...flags, ...more], { cwd });
    };
    const good = await run(idempotent, '--reporter', 'junit=report.xml');
    expect([good.code, good.stdout.trim()]).toEqual([
      0,
      expect.stringMatching(/^PASSED: 1 scenario\.\n\n1 passed, 0 failed in /),
    ]);
    expect(good.stderr).toMatch(/✓ example\.yaml .* 7 steps went as they should/);
    expect(readFileSync(join(cwd, 'report.xml'), 'utf8')).toContain(
      '<testcase classname="webhook" name="example.yaml"',
    );
    const bad = await run(notIdempotent);
    expect([bad.code, bad.stdout]).toEqual([
      1,
      expect.stringMatching(/^\nFAILED: 1 of 1 scenario\.\n\nERROR example\.yaml: /),
    ]);
    expect(bad.stdout).toMatch(/deliver 3 × invoice at the same instant: 200, 200, 200\n/);
  });

  test('what a file does not say, the config file does: where the app is, and the secret', async () => {
    const cwd = tempDir();
    const { url, stateUrl } = await startHandler((payload, state) =>
      payload.metadata?.secret === 'hush' ? idempotent(payload, state) : 401,
    );
    writeFileSync(
      join(cwd, 'reducto-webhook-dev.config.json'),
      JSON.stringify({ endpoint: url, secret: 'hush' }),
    );
    mkdirSync(join(cwd, 'deep'));
    writeFileSync(
      join(cwd, 'deep', 'x.yaml'),
      `name: x\neffects-url: ${stateUrl}\nsteps: [deliver: a, forge: a, expect: { answer: 401, effects: once }]\n`,
    );
    const args = ['scenario', 'run', 'deep/x.yaml', '--emulator-port', '0', '--reporter', 'json'];
    const { code, stdout, stderr } = await callCli(args, { cwd });
    expect([code, stderr]).toEqual([0, expect.stringContaining('3 steps went')]);
    expect(JSON.parse(stdout)).toMatchObject({ endpoint: url, results: [{ id: 'deep/x.yaml', title: 'x' }] });
  });

  test.each<[string[], string, RegExp]>([
    [[], '', /What is to be done\? Use run FILE, new FILE or schema\./],
    [['x.yaml'], 'name: x', /To make it happen: reducto-webhook-dev scenario run x\.yaml/],
    [
      ['run', 'x.yaml'],
      'name: x\nsteps:\n  - delivr: a\n',
      /x\.yaml:3:5: this is no step: use restart, retry, deliver, /,
    ],
    [['new', 'x.yaml'], 'name: mine', /x\.yaml exists: nothing was written/],
  ])('exit code 2 for %j', async (args, content, message) => {
    const cwd = tempDir();
    if (content !== '') writeFileSync(join(cwd, 'x.yaml'), content);
    const { code, stdout, stderr } = await callCli(['scenario', ...args], { cwd });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    if (content !== '') expect(readFileSync(join(cwd, 'x.yaml'), 'utf8')).toBe(content);
  });
});

test('new writes one that the schema takes, and that editors find the schema from', async () => {
  const { stdout: printed } = await callCli(['scenario', 'schema']);
  // The very file that is published.
  expect(JSON.parse(printed)).toEqual(JSON.parse(readFileSync('dist/scenario.schema.json', 'utf8')));
  const validate = new Ajv().compile(JSON.parse(printed));
  const cwd = tempDir();
  const installed = join(cwd, 'node_modules', 'reducto-webhook-dev', 'dist');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'scenario.schema.json'), printed);
  const { code, stdout } = await callCli(['scenario', 'new', 'deep/er/x.yaml'], { cwd });
  expect([code, stdout]).toEqual([0, expect.stringContaining('scenario run deep/er/x.yaml')]);
  const written = readFileSync(join(cwd, 'deep', 'er', 'x.yaml'), 'utf8');
  const [, schema] = /^# yaml-language-server: \$schema=(.*)\n/.exec(written)!;
  expect(readFileSync(join(cwd, 'deep', 'er', schema!), 'utf8')).toBe(printed);
  for (const text of [written, example]) {
    expect(validate(parse(text))).toBe(true);
  }
});
