import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test, vi } from 'vitest';
import { commandFirst } from '../../src/cli/flag-order.ts';
import { createProgram } from '../../src/cli/program.ts';
import { commands } from '../../src/runtime/commands/index.ts';
import { post } from '../receiver/raw-client.ts';
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli, startCli } from '../support/cli.ts';

// Each test starts several processes, which take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describe('what is wrong on the command line ends with 2 and one line that names it', () => {
  test.each([
    [['--port', 'x'], /--port: "x" is not a whole number from 0 to 65535/],
    [['--ack', 'maybe'], /--ack: "maybe" is not app, now or a status/],
    [['--tunnel', 'smoke'], /--tunnel: .*localtunnel/],
    [['not-a-port'], /"not-a-port" is not a port or an http\(s\) URL/],
    [['--route', 'status:failed'], /rules: route "status:failed": write FILTER → URL/],
    [['--route', 'nonsense:1 -> 3001'], /route "nonsense:1 -> 3001": There is no field "nonsense"/],
    [['--forward-filter', 'code:>=500'], /forward-filter "code:>=500": "code" is not known when/],
    [['--port', '0', 'list'], /"list" is a command, with flags of its own that follow it/],
    [['3000', 'import', 'x'], /"import" is a command/],
    [['list', '--limit', 'many'], /limit: /],
    [['list', '--output', 'xml'], /--output: "xml"/],
    [['list', '--filter', 'nonsense:1'], /no field "nonsense"/],
    [['tail', '--filter', 'nonsense:1'], /no field "nonsense"/],
    [['tail', '--since', 'yesterday'], /--since: "yesterday" is neither/],
    [['tail', '--output', 'xml'], /--output: "xml"/],
    [['wait', '--filter', 'nonsense:1'], /no field "nonsense"/],
    [['wait', '--since', '2026-99-99'], /--since: "2026-99-99" is neither/],
    [['wait', '--since', '1m', '--any'], /Either --any or --since/],
    [['wait', '--count', '0'], /--count: "0" is not a whole number/],
    [['wait', '--timeout', '60'], /--timeout: "60" is not a duration/],
    [['wait', '--output', 'xml'], /--output: "xml"/],
  ])('%j', async (args, message) => {
    const dataDir = tempDir();
    const { code, stdout, stderr } = await callCli(args, { dataDir });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test.each([[['--nonsense']], [['list', '--nonsense']], [['show']], [['list', 'extra']]])(
    '%j',
    async (args) => {
      const { code, stdout, stderr } = await callCli(args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^error: .*('--nonsense'|'id'|too many arguments).*\n\(see reducto-webhook-dev --help\)\n$/,
      );
    },
  );
});

describe('flags before a command', () => {
  const names = [
    'demo',
    'emulate',
    'init',
    'submit',
    'tail',
    'wait',
    'completion',
    'doctor',
    ...Object.keys(commands),
  ];
  const program = new Command();
  for (const name of ['listen', ...names])
    program
      .command(name)
      .option('--data <dir>')
      .option('--output <format>')
      .option('--no-color')
      .option('-v');

  test.each(names)('are those of %s', (name) => {
    const behind = (...args: string[]) => commandFirst(program, args);
    expect(behind('--data', 'x', name, 'f')).toEqual([name, '--data', 'x', 'f']);
    expect(behind('--data=x', '--no-color', '-v', name)).toEqual([name, '--data=x', '--no-color', '-v']);
    expect(behind('--data', name, '--output', 'json', name)).toEqual([
      name,
      '--data',
      name,
      '--output',
      'json',
    ]);
  });

  test.each([
    [[]],
    [['list', '--data', 'x']],
    [['--data', 'list']],
    [['--data', 'list', '3000']],
    [['--secret', 'show', '3000']],
    [['3000', '--data', 'x', 'list']],
    [['--', 'list']],
    [['--data']],
  ])('are left where they are: %j', (args) => {
    expect(commandFirst(program, args)).toEqual(args);
  });

  test('are read by the tool', async () => {
    const dataDir = tempDir();
    const before = await callCli(['--data', dataDir, 'import', join(dataDir, 'none.har')]);
    const after = await runCli(['import', join(dataDir, 'none.har'), '--data', dataDir]);
    expect(before).toEqual(after);
    expect(before).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/none\.har can't be read/),
    });
  });
});

describe('help', () => {
  const all = createProgram();
  const example = (of: string): RegExp => new RegExp(`Examples?:\\n  (eval ".*)?reducto-webhook-dev ${of}`);
  // The build's own, for no one else.
  const shown = all.commands.filter((command) => command.name() !== 'completion-table');

  test.each(shown.map((command) => [command.name(), command] as const))(
    'of "%s" has an example',
    (name, command) => {
      let help = '';
      command.configureOutput({
        writeOut: (text) => {
          help += text;
        },
      });
      command.outputHelp();
      expect(help).toMatch(example(name === 'listen' ? '' : name));
    },
  );

  test.each([
    [[], '3000'],
    [['replay'], 'replay'],
    [['inbox', 'key'], 'inbox key'],
  ])('of %j is printed, with the exit code 0', async (command, of) => {
    const { code, stdout, stderr } = await runCli([...command, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(example(of));
  });

  test('of the tool names every command', async () => {
    const { stdout } = await callCli(['--help']);
    const shown = Object.entries(commands).filter(([, command]) => !('hidden' in command));
    for (const id of ['listen', 'demo', 'init', 'submit', 'tail', 'wait', ...shown.map(([name]) => name)])
      expect(stdout).toMatch(new RegExp(`^  ${id}\\b`, 'm'));
    expect(stdout).not.toMatch(/^ {2}jobs\b/m); // what `work` was called: runs, and is not shown
  });

  test('of the tool shows a newcomer five commands before all others, each group once', async () => {
    const { stdout } = await callCli(['--help']);
    const headings = stdout.match(/^\S.*:$/gm) ?? [];
    expect(headings.slice(0, 3)).toEqual(['Options:', 'Start here:', 'Look at what came:']);
    expect(new Set(headings).size).toBe(headings.length);
    const start = stdout.split('Start here:\n')[1]?.split('\n\n')[0] ?? '';
    expect(start.match(/^ {2}\w+/gm)?.map((name) => name.trim())).toEqual([
      ...['listen', 'trigger', 'check', 'demo', 'init'],
    ]);
  });
});

describe('settings', () => {
  const configName = 'reducto-webhook-dev.config.json';
  /** A project with a configuration, and a folder in it to start from. */
  const project = (content: unknown, name = configName): string => {
    const root = tempDir();
    const cwd = join(root, 'deep', 'down');
    mkdirSync(cwd, { recursive: true });
    writeFileSync(join(root, name), typeof content === 'string' ? content : JSON.stringify(content));
    return cwd;
  };
  const statusOf = async (args: string[], options: Parameters<typeof startCli>[1]): Promise<number> => {
    const cli = startCli(args, options);
    const { receiverUrl } = await cli.ready;
    const { status } = await post(Number(new URL(receiverUrl).port));
    await cli.stop();
    return status;
  };

  test('come from a file found upwards, which flags go before', async () => {
    const cwd = project({ ack: 418 });
    expect(await statusOf([], { cwd })).toBe(418);
    expect(await statusOf(['--ack', '202'], { cwd })).toBe(202);
  });

  test('of the file count for what a --no- flag turns off, too', async () => {
    const cli = startCli([], { cwd: project({ inspector: false }) });
    expect((await cli.ready).inspectorUrl).toBeNull();
    await cli.stop();
  });

  test('come from package.json, but not from one without them', async () => {
    const cwd = project({ name: 'x', 'reducto-webhook-dev': { ack: 418 } }, 'package.json');
    writeFileSync(join(cwd, 'package.json'), '{"name":"nearer"}');
    expect(await statusOf([], { cwd })).toBe(418);
  });

  test('of the environment go before the file, and flags before both', async () => {
    const cwd = project({ secret: 'from-file' });
    const verdict = async (args: string[], env: Record<string, string>): Promise<string> => {
      const cli = startCli([...args, '--reject-unverified'], { cwd, env });
      const { receiverUrl } = await cli.ready;
      const accepted: string[] = [];
      for (const secret of ['from-file', 'from-env', 'from-flag']) {
        const body = JSON.stringify({ status: 'Completed', job_id: 'j', metadata: { secret } });
        if ((await post(Number(new URL(receiverUrl).port), body)).status === 200) accepted.push(secret);
      }
      await cli.stop();
      return accepted.join();
    };
    expect(await verdict([], {})).toBe('from-file');
    expect(await verdict([], { WEBHOOK_SECRET: 'from-env' })).toBe('from-env');
    expect(await verdict(['--secret', 'from-flag'], { WEBHOOK_SECRET: 'from-env' })).toBe('from-flag');
  });

  test('of the file may be endpoints, one or several', async () => {
    const apps = await Promise.all([startApp({ status: 201 }), startApp({ status: 202 })]);
    expect(await statusOf([], { cwd: project({ endpoint: apps[0]!.port }) })).toBe(201);
    expect(await statusOf([], { cwd: project({ endpoint: apps.map(({ url }) => url) }) })).toBe(201);
    expect(apps[1]!.requests).toHaveLength(1);
  });

  test.each<[unknown, RegExp]>([
    [{ prot: 4141 }, /no setting "prot"/],
    [{ port: 'x' }, /: port: "x" is not/],
    ['[]', /must be a JSON object/],
    ['{"port": 4141,}', /can't be read|JSON/],
  ])('that are wrong in the file %j are an error that names file and key', async (content, message) => {
    const { code, stdout, stderr } = await callCli(['listen', '--tunnel', 'none'], { cwd: project(content) });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(configName);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('that are wrong in the environment are an error that names the variable', async () => {
    const { code, stderr } = await callCli(['--tunnel', 'none'], { env: { SVIX_SECRET: '@/no/such' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^reducto-webhook-dev: SVIX_SECRET: .*\n$/);
  });

  test('say where the history is, to list as to listen', async () => {
    const cwd = project({ data: './history' });
    const env = { REDUCTO_WEBHOOK_DEV_HOME: '' };
    const cli = await callCli(['list', '--output', 'json'], { cwd, env });
    expect([cli.code, cli.stderr]).toEqual([0, '']);
    const { stderr } = await callCli(['show', 'last'], { cwd, env });
    expect(stderr).toMatch(/no delivery yet/);
  });
});
