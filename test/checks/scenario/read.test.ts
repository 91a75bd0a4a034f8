import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schedules } from '../../../src/checks/explore/generate.ts';
import { exampleScenario } from '../../../src/checks/scenario/example.ts';
import { readScenario, scenarioOf } from '../../../src/checks/scenario/read.ts';
import type { Scenario } from '../../../src/checks/scenario/scenario.ts';
import { scenarioFile, scenarioJsonSchema } from '../../../src/checks/scenario/schema.ts';
import { repeatsFor, toScenario } from '../../../src/checks/scenario/write.ts';
import { parseEndpoint } from '../../../src/core/endpoint.ts';

const file = (...lines: readonly string[]): string =>
  `name: x\nsteps:\n${lines.map((line) => `  ${line}\n`).join('')}`;
const stepsOf = ({ acts }: Scenario) => acts.flatMap((act) => (act.kind === 'happen' ? act.steps : []));

describe('a wrong file is said to be so at its place', () => {
  test.each<[string, string]>([
    ['', 'f.yaml: there is nothing in it'],
    ['name: x\nsteps: [', 'f.yaml:2:9: this is no YAML: '],
    ['name: x\nname: y\n', 'f.yaml:2:1: this is no YAML: Map keys must be unique'],
    [`${file('- restart')}---\nname: y\n`, 'f.yaml:4:1: a file holds one scenario'],
    ['- restart', 'f.yaml:1:1: write names with their values'],
    ['name: x\n', 'f.yaml:1:1: steps: it is missing'],
    ['name: x\nsteps: []\n', 'f.yaml:2:8: steps: at least 1'],
    ['name: x\nstpes: []\nsteps: [restart]\n', 'f.yaml:2:1: there is no "stpes" here: use name, endpoint, '],
    ['name: x\nendpoint: [1]\nsteps: [restart]\n', 'f.yaml:2:11: endpoint: write a port, or a URL'],
    [
      'name: x\njobs: { a: { status: Done } }\nsteps: [restart]\n',
      'f.yaml:2:22: status: write Completed or Failed',
    ],
    ['name: x\njobs: { once: {} }\nsteps: [restart]\n', 'f.yaml:2:9: once: '],
    [file('- reboot'), 'f.yaml:3:5: this is no step: use restart, retry, deliver, '],
    [
      file('- deliver: a', '  tims: 3'),
      'f.yaml:4:5: there is no "tims" here: use deliver, times, concurrent, faults',
    ],
    [file('- deliver: a', '  times: many'), 'f.yaml:4:12: times: write a whole number'],
    [file('- deliver: a', '  times: 1000'), 'f.yaml:4:12: times: at most 100'],
    [file('- wait: 2'), 'f.yaml:3:11: wait: write a duration, such as'],
    [file('- wait: soon'), 'f.yaml:3:11: wait: write a duration, such as 500ms or 2s'],
    [file('- crash: a'), 'f.yaml:3:5: at: it is missing'],
    [file('- crash: a', '  at: later'), 'f.yaml:4:9: at: write fetch, answer, or a share'],
    [file('- fail-api: a', '  answer: 418'), 'f.yaml:4:13: answer: write 404 or 429 or 500 or 503'],
    [file('- expect: {}'), 'f.yaml:3:13: expect: say what is expected'],
    [
      file('- expect: { effect: once }'),
      'f.yaml:3:15: there is no "effect" here: use answer, effects, verify',
    ],
    [file('- deliver: a', '- expect: { answer: 6xx }'), 'f.yaml:4:23: answer: write a status such as 200'],
    // What a schema can't say.
    [file('- expect: { answer: 200 }'), 'f.yaml:3:23: answer is about the step before it: one of deliver, '],
    [file('- expect: { effects: a }'), 'f.yaml:3:24: there is no job "a": deliver it before'],
    [
      file('- deliver: a', '- expect: { effects: [a, b] }'),
      'f.yaml:4:28: there is no job "b": use a, or add it to jobs',
    ],
    [
      file('- deliver: [a, b]').replace('steps', 'jobs: { a: {} }\nsteps'),
      'f.yaml:4:18: there is no job "b": use a',
    ],
    [file('- deliver: a', '  concurrent: true'), 'f.yaml:4:17: one webhook alone is not concurrent'],
    [file('- deliver: a', '  faults: lost-akc'), 'f.yaml:4:13: There is no fault "lost-akc"'],
    [
      file('- deliver: a', '  faults: duplicate=2'),
      'f.yaml:4:13: "duplicate" is no fault of a step: use times, and concurrent',
    ],
    [file('- deliver: a', '  faults: reset'), 'f.yaml:4:13: "reset" is no fault of a step: use failed, '],
    [
      `a: &a [1,1]\n${'b: [*a,*a]\n'.repeat(1)}c: [${'*a,'.repeat(60)}]`,
      'f.yaml: this is no YAML: Excessive alias count',
    ],
  ])('%j', (text, message) => {
    expect(() => readScenario(text, 'f.yaml')).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => readScenario(text, 'f.yaml')).toThrow(message);
  });

  test('one that is an object has no lines, and is named', () => {
    expect(() => scenarioOf({ name: 'x', steps: ['restart', 'reboot'] }, 'scenario')).toThrow(
      'scenario: this is no step: use restart',
    );
  });
});

test('what it says happens, in its order', () => {
  const { acts, jobs } = readScenario(
    file(
      '- deliver: [a, b]',
      '  times: 2',
      '- deliver: a',
      '  times: 2',
      '  concurrent: true',
      '  faults: wrong-secret lost-ack',
      '- { hang-up: b, at: 50% }',
      '- expect: { answer: [2xx, none], effects: [a], verify: test -f x }',
    ),
    'f.yaml',
  );
  expect(jobs.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(acts).toMatchObject([
    { place: { line: 3, column: 5 }, steps: [0, 1, 0, 1].map((job) => ({ kind: 'deliver', jobs: [job] })) },
    { steps: [{ kind: 'deliver', jobs: [0, 0], faults: 'wrong-secret', lost: true }] },
    { steps: [{ kind: 'hang-up', job: 1, at: 0.5 }] },
    {
      text: 'expect answers 2xx or none, effects a, verify',
      expected: { answers: ['2xx', 'none'], effects: [0], verify: 'test -f x' },
    },
  ]);
});

test('one that expects nothing ends with the retries and one effect for each job', () => {
  expect(readScenario(file('- deliver: a'), 'f.yaml').acts.slice(1)).toMatchObject([
    { kind: 'retry' },
    { kind: 'expect', expected: { effects: 'once' } },
  ]);
});

describe('what is written', () => {
  const abilities = { crashes: true, forgeries: true, fetches: true, longestWaitMs: 60_000 };
  const options = { endpoint: parseEndpoint('http://localhost:3000/webhook'), dataDir: '/nowhere' };

  test('is read as the schedule that it was written from', () => {
    fc.assert(
      fc.property(schedules(abilities), (schedule) => {
        const text = toScenario(schedule, options, { name: 'found: #1', lines: ['a, "b"'], repeat: 2 });
        const read = readScenario(text, 'f.yaml');
        // Jobs are numbered as they come.
        const numbers = read.jobs.map(({ name }) => Number(name.slice('job-'.length)) - 1);
        const back = JSON.parse(JSON.stringify(stepsOf(read)), (key, value) =>
          key === 'job' ? numbers[value] : key === 'jobs' ? value.map((job: number) => numbers[job]) : value,
        );
        expect(back).toEqual(schedule);
        expect(read).toMatchObject({ name: 'found: #1', repeat: 2 });
      }),
    );
  });

  test('has what was told of the app', () => {
    const text = toScenario(
      [{ kind: 'restart' }],
      {
        ...options,
        start: { command: 'npm start', readyUrl: 'http://localhost:3000/health', cwd: '.' },
        effects: ['psql -tA -c "select 1"', 'cat log'],
        effectsIgnore: [/\d+ ms/gi],
        metadata: { user: { id: 7 } },
        timeoutMs: 2000,
        effectMs: 90_000,
        secret: 'hush',
      },
      { name: 'x', lines: [], repeat: 1 },
    );
    expect(readScenario(text, 'f.yaml').settings).toEqual({
      endpoint: 'http://localhost:3000/webhook',
      start: 'npm start',
      ready: 'http://localhost:3000/health',
      effects: ['psql -tA -c "select 1"', 'cat log'],
      'effects-ignore': '\\d+ ms',
      'effect-time': '90s',
      timeout: '2s',
      metadata: { user: { id: 7 } },
    });
    expect(text).not.toContain('hush');
  });

  test('is made so often that a race is missed once in a hundred times', () => {
    expect([5, 3, 1].map((broken) => repeatsFor({ broken, of: 5 }))).toEqual([3, 6, 14]);
  });

  test('the example that is written can be read', () => {
    expect(stepsOf(readScenario(exampleScenario, 'f.yaml')).map(({ kind }) => kind)).toEqual([
      'deliver',
      'lose-ack',
      'wait',
    ]);
  });
});

describe('the schema for editors', () => {
  const validate = new Ajv({ allErrors: false }).compile(scenarioJsonSchema());

  test('takes what is read, and refuses what is refused', () => {
    const word = fc.constantFrom<unknown>(
      ...[
        'once',
        'none',
        'a',
        'A-1',
        '1a',
        '',
        '2xx',
        '6xx',
        '401',
        401,
        99,
        0,
        1,
        100,
        101,
        1.5,
        true,
        null,
      ],
      ...[
        '50%',
        '50',
        '1000%',
        'fetch',
        'answer',
        '2s',
        '2',
        '1.5h',
        503,
        404,
        418,
        'lost-ack',
        [],
        ['a'],
        ['a', 1],
        {},
      ],
    );
    const member = (...keys: string[]) => keys.map((key) => fc.record({ [key]: word }));
    const keys = [
      'deliver',
      'times',
      'concurrent',
      'faults',
      'hang-up',
      'at',
      'crash',
      'fail-api',
      'answer',
      'forge',
    ];
    const step = fc.oneof(
      fc.constantFrom<unknown>('restart', 'retry', 'reboot', 7),
      fc
        .array(fc.oneof(...member(...keys, 'wait', 'other')), { maxLength: 3 })
        .map((all) => Object.assign({}, ...all)),
      fc.record({
        expect: fc
          .array(fc.oneof(...member('answer', 'effects', 'verify', 'other')), { maxLength: 2 })
          .map((all) => Object.assign({}, ...all)),
      }),
    );
    const settings = [
      'name',
      'endpoint',
      'effects',
      'effects-url',
      'effect-time',
      'start',
      'repeat',
      'metadata',
      'other',
    ];
    const given = fc
      .tuple(
        fc.array(fc.oneof(...member(...settings)), { maxLength: 2 }),
        fc.array(step, { maxLength: 2 }),
        fc.option(
          fc.dictionary(
            fc.constantFrom('a', 'once', '1'),
            fc.oneof(fc.constant({}), fc.record({ status: word, pages: word }, { requiredKeys: [] })),
            { maxKeys: 2 },
          ),
        ),
      )
      .map(([parts, steps, jobs]) => Object.assign({ name: 'x', steps }, jobs && { jobs }, ...parts));
    let taken = 0;
    fc.assert(
      fc.property(given, (value) => {
        const read = scenarioFile.safeParse(value).success;
        if (read) taken += 1;
        expect([value, validate(value)]).toEqual([value, read]);
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(30);
  });
});
