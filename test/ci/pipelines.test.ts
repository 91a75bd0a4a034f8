import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import AjvDraft4 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { racing, startHandler } from '../checks/handler.ts';
import { tempDir } from '../support/cleanup.ts';
import { bin } from '../support/cli.ts';
import { freePort } from '../support/localtunnel-server.ts';

vi.setConfig({ testTimeout: 180_000 });

const require = createRequire(import.meta.url);
const schemas = 'schemastore/schemas/json';

/** The part of a pipeline that is looked at here. */
interface Action {
  inputs: Record<string, { default?: string; required?: boolean }>;
  runs: { steps: [{ run: string; env: Record<string, string> }, ...unknown[]] };
}

const read = (path: string): unknown => parse(readFileSync(path, 'utf8'));
const action = read('action.yml') as Action;

test.each([
  ['action.yml', `${schemas}/github-action.json`],
  ['docs/ci/github.yml', `${schemas}/github-workflow.json`],
  ['docs/ci/circleci.yml', `${schemas}/circleciconfig.json`],
  [
    'docs/ci/gitlab-ci.yml',
    `${schemas}/gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci.json`,
  ],
])('%s is what its schema says', (path, schema) => {
  const definition = require(schema);
  const of = definition.$schema.includes('draft-04') ? AjvDraft4 : Ajv;
  const ajv = new of({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(definition);
  validate(read(path));
  expect(validate.errors ?? []).toEqual([]);
});

test('the example gives the action inputs that it has', () => {
  const { jobs } = read('docs/ci/github.yml') as {
    jobs: { check: { steps: { uses?: string; with?: object }[] } };
  };
  const given = jobs.check.steps.find(({ uses }) => uses?.includes('reducto-webhook-dev'))!.with!;
  expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
  const required = Object.keys(action.inputs).filter((name) => action.inputs[name]!.required);
  expect(Object.keys(given)).toEqual(expect.arrayContaining(required));
});

/** Runs a script as GitHub's runner does, with this tool where npx would get it from the registry. */
async function bash(script: string, cwd: string, env: Record<string, string> = {}) {
  const shims = join(cwd, '.shims');
  mkdirSync(shims, { recursive: true });
  // What is asked for is noted, so that a test sees what npm would have been told.
  writeFileSync(
    join(shims, 'npx'),
    `#!/bin/sh\nprintf '%s\\n' "$2" > "${shims}/package"\nshift 2\nexec "${process.execPath}" "${bin}" "$@"\n`,
  );
  chmodSync(join(shims, 'npx'), 0o755);
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd,
    env: {
      ...{ PATH: `${shims}:${process.env.PATH}`, HOME: cwd, REDUCTO_WEBHOOK_DEV_HOME: join(cwd, '.data') },
      ...{ GITHUB_STEP_SUMMARY: join(cwd, 'summary'), GITHUB_OUTPUT: join(cwd, 'output'), ...env },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      printed += text;
    });
  const [code] = await once(child, 'close');
  const file = (name: string): string => readFileSync(join(cwd, name), 'utf8');
  return { code, printed, file };
}

/** Runs the action's own step with these inputs. */
function step(inputs: Record<string, string>, cwd: string) {
  const [{ run, env }] = action.runs.steps;
  const given = (expression: string): string => {
    const name = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression)![1]!;
    return inputs[name] ?? action.inputs[name]!.default!;
  };
  return bash(run, cwd, Object.fromEntries(Object.entries(env).map(([key, value]) => [key, given(value)])));
}

describe('the step of the action', () => {
  test('annotates, sums up, leaves the reports and what came of it, and fails as the checks do', async () => {
    const { url, stateUrl } = await startHandler(racing);
    const cwd = tempDir();
    const inputs = { endpoint: url, 'effects-url': stateUrl, only: 'duplicate-*', version: '1.2.3' };
    const { code, printed, file } = await step(inputs, cwd);
    expect(code).toBe(1);
    expect(printed).toMatch(/^::error title=check duplicate-concurrent/m);
    expect(file('summary')).toContain('duplicate-concurrent');
    expect(file('output')).toMatch(/^exit-code=1\nverdict=NOT IDEMPOTENT[^\n]*\n$/);
    expect(file('reducto-webhook-dev-reports/report.xml')).toContain('<failure');
    expect(file('.shims/package').trim()).toBe('reducto-webhook-dev@1.2.3');

    // The report in the repository: what is known does not fail the next run.
    const against = 'reducto-webhook-dev-reports/report.json';
    const known = await step({ ...inputs, against, strict: 'false' }, cwd);
    expect([known.code, known.file('output')]).toEqual([
      0,
      expect.stringMatching(/exit-code=0\nverdict=NOTHING NEW since/),
    ]);
    expect(known.printed).toMatch(/^::warning title=check duplicate-concurrent/m);
  });

  test('takes an input for what it is, whatever is in it', async () => {
    const cwd = tempDir();
    const inputs = { endpoint: 'http://127.0.0.1:1/$(touch pwned)`touch pwned`', only: '; touch pwned' };
    const { code, file } = await step(inputs, cwd);
    expect(code).toBe(2);
    expect(file('output')).toBe('exit-code=2\n');
    expect(() => file('pwned')).toThrow(/ENOENT/);
  });
});

test.each<[string, (pipeline: never) => string]>([
  [
    'docs/ci/gitlab-ci.yml',
    (given: { 'webhook-handler': { script: string[] } }) => given['webhook-handler'].script[1]!,
  ],
  [
    'docs/ci/circleci.yml',
    (given: { jobs: { 'webhook-handler': { steps: { run?: { command?: string } }[] } } }) =>
      given.jobs['webhook-handler'].steps.find(({ run }) => run?.command)!.run!.command!,
  ],
])('the command in %s runs', async (path, commandOf) => {
  const cwd = tempDir();
  mkdirSync(join(cwd, 'reports'));
  const port = await freePort();
  const scripts = { start: `node server.js ${port}`, effects: 'cat effects.txt' };
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ scripts }));
  writeFileSync(join(cwd, 'effects.txt'), '');
  writeFileSync(join(cwd, 'server.js'), server);
  const command = commandOf(read(path) as never).replaceAll('localhost:3000', `127.0.0.1:${port}`);
  const { code, printed, file } = await bash(`${command.trim()} --only duplicate-sequential`, cwd);
  expect(printed).toContain('NO FAULT FOUND by the 2 checks that were chosen.');
  expect(code).toBe(0);
  const report = path.includes('circleci') ? 'reports/report.xml' : 'report.xml';
  expect(file(report)).toContain('failures="0"');
});

/** A handler that does each job once, in a line of effects.txt. */
const server = `
const { appendFileSync, readFileSync } = require('node:fs');
require('node:http').createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; }).on('end', () => {
    if (request.method === 'POST') {
      const { job_id } = JSON.parse(body);
      if (!readFileSync('effects.txt', 'utf8').includes(job_id)) appendFileSync('effects.txt', job_id + '\\n');
    }
    response.end('ok');
  });
}).listen(process.argv[2], '127.0.0.1');
`;
