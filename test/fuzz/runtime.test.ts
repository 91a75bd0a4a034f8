import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSnapshot } from '../../src/checks/effects/value.ts';
import { parseSince } from '../../src/cli/since.ts';
import { readJson } from '../../src/cli/submit-options.ts';
import { UserError } from '../../src/core/errors.ts';
import { EmulatorFaults } from '../../src/emulator/faults.ts';
import { parseEmulatorSettings } from '../../src/emulator/settings.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { findConfig } from '../../src/runtime/config-file.ts';
import { describeCommands } from '../../src/runtime/describe.ts';
import { withFullResult } from '../../src/runtime/reducto/full-result.ts';
import { resolveSettings } from '../../src/runtime/settings.ts';
import { tunnelProviders } from '../../src/tunnel/providers/index.ts';
import { argumentsOf } from '../../src/view/command-line.ts';
import { readJob } from '../../src/view/job-result.ts';
import { parseJsonTree } from '../../src/view/json-tree.ts';
import { parseUserKeys } from '../../src/view/keys/user-keys.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { brokenJson, textOf } from './texts.ts';

// As in core.test.ts: whatever a user, a file or a server gives, it ends, and fails only with an error of one line.
const runs = 800;

const replay = describeCommands().find(({ id }) => id === 'replay')!;

/** What a parser may fail with. */
function expectUserError(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
  expect(error.message.split('\n')).toHaveLength(1);
  expect(error.message).toBePrintable();
}

const texts: [string, fc.Arbitrary<string>, (text: string) => unknown][] = [
  ['--since', textOf('10m', '2026-01-31', 'T12:00', 'Z', '+05:30', '-', '99999-01-01', ' '), parseSince],
  [
    "the emulator's faults",
    textOf('429', ':', '20%', '5xx', 'delay=', '0-500ms', '2s', 'GET ', '/job', 'lost-ack', ' ', '9e9d'),
    (text) => EmulatorFaults.parse(text, 1).draw('GET', '/job'),
  ],
  [
    'a command line of a screen',
    textOf('--filter', '--set', '=', ' ', '"', "'", '\\', 'last', '--constructor', '--to='),
    (text) => argumentsOf(replay, text),
  ],
  ['JSON of a flag', brokenJson.map((text) => `{${text}`), (text) => readJson(text, '--options')],
  ["a probe's output", fc.oneof(brokenJson, textOf('{"a":1}', '\n', '[', 'x')), readSnapshot],
  ['the JSON of a payload as a tree', brokenJson, (text) => parseJsonTree(text, 1e6)],
];

test.each(texts)('%s', (_name, given, parse) => {
  fc.assert(
    fc.property(given, (text) => {
      try {
        parse(text);
      } catch (error) {
        expectUserError(error);
      }
    }),
    { numRuns: runs },
  );
});

const setting = fc.oneof(
  fc.jsonValue(),
  textOf('3000', 'http://', '10m', '1gb', '%', '-1', 'app', '@/nonexistent', '~', 'whsec_'),
);
const values: [string, fc.Arbitrary<unknown>, (value: unknown) => unknown][] = [
  [
    'the config file',
    fc.oneof(
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom('endpoint', 'port', 'ack', 'data', 'keep', 'emulator', 'keys', 'timeout', 'fault'),
        setting,
      ),
    ),
    (content) => resolveSettings({}, {}, { content, path: '/a/reducto-webhook-dev.config.json' }),
  ],
  [
    "a user's keys",
    fc.oneof(
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom('replay', 'clear', 'quit', '__proto__', 'constructor'),
        fc.oneof(textOf('ctrl+', 'r', 'Ctrl-', 'esc', ' '), fc.jsonValue()),
      ),
    ),
    (given) => parseUserKeys(given, 'keys'),
  ],
  [
    "the emulator's settings",
    fc.dictionary(fc.constantFrom('failRate', 'jobTime', 'retryAfter', 'pages', 'x'), setting),
    (given) => parseEmulatorSettings(given as Record<string, unknown>),
  ],
  ['a job, for a person', fc.jsonValue(), readJob],
];

test.each(values)('%s', (_name, given, parse) => {
  fc.assert(
    fc.property(given, (value) => {
      try {
        parse(value);
      } catch (error) {
        expectUserError(error);
      }
    }),
    { numRuns: runs },
  );
});

test.each<[string, string, (dir: string) => unknown]>([
  ['the config file, as text', 'reducto-webhook-dev.config.json', findConfig],
  ['a package.json of somebody', 'package.json', findConfig],
  ['the lock file', 'listen.lock', readLock],
])('%s', (_name, file, read) => {
  const dir = tempDir();
  const bytes = fc.oneof(
    brokenJson.map((text) => Buffer.from(text)),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    fc.uint8Array({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(bytes, (content) => {
      writeFileSync(join(dir, file), content);
      try {
        read(dir);
      } catch (error) {
        expectUserError(error);
      }
    }),
    { numRuns: 300 },
  );
});

/** A server that gives each request the same, which the test may change. */
async function server(): Promise<{ url: string; answer: { status: number; body: Buffer } }> {
  const answer = { status: 200, body: Buffer.alloc(0) };
  const http = createServer((_, response) => response.writeHead(answer.status).end(answer.body));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onCleanup(() => {
    http.closeAllConnections();
    http.close();
  });
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, answer };
}

const answers = fc.record({
  status: fc.constantFrom(200, 200, 200, 204, 302, 404, 500),
  body: fc.oneof(
    brokenJson.map((text) => Buffer.from(text)),
    fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  ),
});

test('a result by URL: any job, any URL, any answer', async () => {
  const { url, answer } = await server();
  const place = fc.oneof(
    { weight: 4, arbitrary: fc.constant(url) },
    textOf('http://', '127.0.0.1', ':1', '/', 'data:,{}', 'file:///etc/passwd', '?', '[', '@'),
    fc.jsonValue(),
  );
  const job = fc.oneof(
    {
      weight: 4,
      arbitrary: place.map((where) => ({ result: { result: { type: 'url', url: where }, usage: 1 } })),
    },
    fc.dictionary(fc.constantFrom('result', 'status', '__proto__'), fc.jsonValue()),
  );
  await fc.assert(
    fc.asyncProperty(job, answers, async (given, said) => {
      Object.assign(answer, said);
      try {
        const full = await withFullResult(given as Record<string, unknown>, 10_000);
        expect(Object.keys(full)).toEqual(Object.keys(given)); // nothing else of the job is touched
      } catch (error) {
        expectUserError(error);
      }
    }),
    { numRuns: 300 },
  );
});

test('what a tunnel server answers to the request for a name', async () => {
  const { url, answer } = await server();
  const registration = fc.record(
    {
      id: fc.oneof(fc.string(), fc.jsonValue()),
      port: fc.constantFrom<unknown>(0, 1, -1, 65_536, 1.5, '1', null),
      url: fc.oneof(textOf('http://', 'x', '/', ':', '\x1b[2J'), fc.jsonValue()),
      max_conn_count: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const said = fc.oneof(
    answers,
    registration.map((value) => ({ status: 200, body: Buffer.from(JSON.stringify(value)) })),
  );
  const { signal } = new AbortController();
  await fc.assert(
    fc.asyncProperty(said, async (given) => {
      Object.assign(answer, given);
      const opening = tunnelProviders.localtunnel
        .create({ host: url })
        .open({ port: 1, signal, onFailure: () => undefined });
      await opening.then((connection) => connection.close(), expectUserError);
    }),
    { numRuns: 200 },
  );
});
