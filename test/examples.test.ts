import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readScenario } from '../src/checks/scenario/read.ts';
import { createProgram } from '../src/cli/program.ts';
import { FaultSet } from '../src/core/faults/fault-set.ts';
import { parseFilter } from '../src/core/filter.ts';
import { Script } from '../src/dispatch/script.ts';
import { checkArgs } from '../src/runtime/check-args.ts';
import { checkOrder } from '../src/runtime/check-options.ts';
import { type CommandId, commands } from '../src/runtime/commands/index.ts';
import { resolveSettings, settings } from '../src/runtime/settings.ts';
import { parseUserKeys } from '../src/view/keys/user-keys.ts';
import { startApp } from './support/app.ts';
import { onCleanup, tempDir } from './support/cleanup.ts';
import { bin, startCli } from './support/cli.ts';
import { type Example, examples, inlineCommands } from './support/examples.ts';

const run = promisify(execFile);

/** Blocks that can be neither run nor read by a program, by how they begin, and why. */
const shownOnly: Record<string, string> = {
  'The shortest schedule has 2 steps':
    'what the block above it prints; test/checks/explore has the same words',
};

const ofLanguage = (...languages: string[]): Example[] =>
  examples.filter(({ language }) => languages.includes(language));

test('every block is of a kind that is tested, or it is said why not', () => {
  // Those in TypeScript and JavaScript are type-checked against the packed package: test/library/package.test.ts.
  const tested = new Set(['sh', 'json', 'js', 'ts', 'yaml']);
  const untested = examples.filter(
    ({ language, text }) =>
      !tested.has(language) && !Object.keys(shownOnly).some((beginning) => text.startsWith(beginning)),
  );
  expect(untested).toEqual([]);
});

describe('commands are ones that the tool takes', () => {
  const all = [...ofLanguage('sh'), ...inlineCommands].filter(
    ({ text }) => !/\[\w+[\]…]|\[\w+…?\]/.test(text), // a form, not an example: [endpoint…]
  );

  test.each(all.map((example) => [example.at, example.text]))('%s', async (_, text) => {
    const calls = await callsOf(text);
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) expect(() => take(call)).not.toThrow();
  });
});

/** What bash would run: each program that a script names, with its arguments. */
async function callsOf(script: string): Promise<string[][]> {
  const cwd = tempDir();
  // Functions in place of programs: quotes, variables, pipes and comments are bash's own affair.
  const shims = ['reducto-webhook-dev', 'npx', 'npm', 'node', 'curl', 'jq', 'sh'].map(
    (name) => `${name}() { { printf '%s\\0' ${name} "$@"; printf '\\1'; } >> calls; }`,
  );
  const prelude = [...shims, 'cat() { echo {}; }'].join('\n');
  await run('bash', ['-euo', 'pipefail', '-c', `${prelude}\n${script.replaceAll('…', '')}`], { cwd });
  return readFileSync(join(cwd, 'calls'), 'utf8')
    .split('\x01')
    .filter((call) => call !== '')
    .map((call) => call.split('\0').slice(0, -1));
}

const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object }).scripts;

/** Reads a call as the program that it names would. @throws what is wrong with it */
function take([name, ...args]: string[]): void {
  if (name === 'reducto-webhook-dev') return taken(args);
  if (name === 'npx') {
    expect(args.shift()).toBe('reducto-webhook-dev');
    return taken(args);
  }
  if (name !== 'npm') return;
  const [verb, ...rest] = args;
  if (verb === 'start') return taken(rest[0] === '--' ? rest.slice(1) : rest);
  expect([...Object.keys(scripts), 'ci', 'install']).toContain(verb === 'run' ? rest[0] : verb);
}

/** Reads a command line of the tool as far as that goes without doing anything. */
function taken(args: string[]): void {
  const program = createProgram();
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    command.action((...given: unknown[]) => {
      const [values, options, self] = [given.slice(0, -2), given.at(-2), given.at(-1)];
      readThrough(self as Command, values, options as Record<string, unknown>);
    });
  }
  if (!args.includes('--help')) program.parse(args, { from: 'user' });
}

/** What a command does with its flags before it begins. */
function readThrough(command: Command, values: unknown[], options: Record<string, unknown>): void {
  const name = command.name();
  if (typeof options.filter === 'string') parseFilter(options.filter);
  if (name === 'listen' || name === 'mcp' || name === 'emulate') {
    const known = Object.entries(options).filter(([flag]) => flag in settings);
    resolveSettings({ ...Object.fromEntries(known), endpoint: values[0] }, {}, null);
  } else if (name === 'scenario' && values[0] !== 'run') {
    expect(['new', 'schema']).toContain(values[0]); // which only the command line has
  } else if (Object.hasOwn(commands, name)) {
    const { args, positional = [] } = commands[name as CommandId] as (typeof commands)['show'];
    const own = Object.entries(options).filter(([flag]) => flag in args.shape);
    const named = positional.map((position, i) => [position, values[i]]);
    const given = args.parse(Object.fromEntries([...own, ...named])) as { fault?: string };
    if (given.fault) FaultSet.parse(given.fault, 1);
    if (name === 'check') checkOrder({ app: {}, emulator: null } as never, checkArgs.parse(given));
  }
}

describe('what can run without a network runs', () => {
  const dataDir = join(tempDir(), '.local/share/reducto-webhook-dev');
  const home = join(dataDir, '../../..');
  let env: Record<string, string>;

  beforeAll(async () => {
    mkdirSync(dataDir, { recursive: true });
    const app = await startApp(({ number }) => ({ status: number === 1 ? 500 : 200 }));
    const cli = startCli([app.url, '--emulate'], { dataDir });
    const { receiverUrl, emulatorUrl } = await cli.ready;
    const body = JSON.stringify({ status: 'Completed', job_id: 'j-1', metadata: { user_id: '123' } });
    await fetch(receiverUrl, { method: 'POST', body });
    mkdirSync(join(home, 'bin'));
    symlinkSync(bin, join(home, 'bin/reducto-webhook-dev'));
    writeFileSync(join(home, 'invoice.pdf'), '%PDF-1.4');
    env = { PATH: `${join(home, 'bin')}:${process.env.PATH}`, HOME: home, REDUCTO_BASE_URL: emulatorUrl! };
  });

  /** Runs lines of the block that has them. */
  async function runLines(wanted: RegExp): Promise<string> {
    const [example] = ofLanguage('sh').filter(({ text }) => wanted.test(text));
    const text = wanted.exec(example!.text)![0];
    return (await run('bash', ['-euo', 'pipefail', '-c', text], { cwd: home, env })).stdout;
  }

  test.each<[string, RegExp, (stdout: string) => void]>([
    [
      'the history as JSON, bodies, curl, HAR',
      /^reducto-webhook-dev list .*$/ms,
      (stdout) => expect(JSON.parse(stdout.split('\n')[0]!)).toMatchObject({ jobId: 'j-1' }),
    ],
    [
      'duplicates',
      /^reducto-webhook-dev duplicate .*$/m,
      (stdout) => expect(stdout).toMatch(/^5 sent, 0 failed/m),
    ],
    ['the API', /^lock=.*/ms, (stdout) => expect(stdout).toContain('"sent":1')],
    ['tunnels', /^reducto-webhook-dev tunnels/m, (stdout) => expect(stdout).toContain('localtunnel')],
    [
      'a job of the emulator',
      /^reducto-webhook-dev submit .*--emulator.*\nreducto-webhook-dev job last/m,
      (stdout) => expect(stdout).toContain('Completed'),
    ],
  ])('%s', async (_, wanted, holds) => {
    holds(await runLines(wanted));
  });
});

test.each(ofLanguage('json').map(({ at, text }) => [at, text]))(
  'the configuration at %s is one',
  (at, text) => {
    const { keys } = resolveSettings({}, {}, { content: JSON.parse(text), path: at });
    parseUserKeys(keys ?? {}, at);
  },
);

test('the script of the page on rules does what it says', async () => {
  const [example] = ofLanguage('js').filter(({ at }) => at.includes('rules.md'));
  const file = join(tempDir(), 'webhook.mjs');
  writeFileSync(file, example!.text);
  const script = new Script(file);
  onCleanup(() => script.close());
  const message = { headers: [['a', 'b']] as const, body: Buffer.from('{}') };
  const { message: request } = await script.call('request', message, {});
  expect(request?.headers).toEqual([
    ['a', 'b'],
    ['x-env', 'dev'],
  ]);
  const { message: answer } = await script.call('answer', { ...message, status: 422 }, {});
  expect(answer?.status).toBe(200);
});

const isScenario = ({ at }: { at: string }): boolean => at.includes('scenarios.md');

test.each(
  ofLanguage('yaml')
    .filter(isScenario)
    .map(({ at, text }) => [at, text]),
)('the scenario at %s is one', (at, text) => {
  expect(readScenario(text, at).acts.length).toBeGreaterThan(0);
});

test.each(
  ofLanguage('yaml')
    .filter((example) => !isScenario(example))
    .map(({ at, text }) => [at, text]),
)('the steps at %s give the action inputs that it has', (_, text) => {
  const { inputs } = parse(readFileSync('action.yml', 'utf8')) as {
    inputs: Record<string, { required?: boolean }>;
  };
  const step = (parse(text) as { uses?: string; with?: object }[]).find(({ uses }) => uses !== undefined)!;
  expect(step.uses).toMatch(/^OWNER\/reducto-webhook-dev@/);
  const given = Object.keys(step.with!);
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(given));
  expect(given).toEqual(expect.arrayContaining(Object.keys(inputs).filter((name) => inputs[name]!.required)));
});
