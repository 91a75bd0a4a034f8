import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openProgram, type TunnelProgram } from '../../src/tunnel/program.ts';
import type { TunnelConnection } from '../../src/tunnel/provider.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { startCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';
import { never } from './support.ts';

const says = join(import.meta.dirname, 'fixtures/says.mjs');

interface Opening extends Partial<TunnelProgram> {
  says?: object;
  signal?: AbortSignal;
}

/** Opens a program that says what the test wants, and closes it with the test. */
async function open({ says: what = {}, signal = never, ...program }: Opening): Promise<{
  connection: TunnelConnection;
  signs: string[];
}> {
  const signs: string[] = [];
  const connection = await openProgram(
    {
      name: 'program',
      file: process.execPath,
      args: [says, JSON.stringify(what)],
      urlIn: (line) => /https:\S+/.exec(line)?.[0] ?? null,
      problemIn: (line) => /^ERR (.*)/.exec(line)?.[1] ?? null,
      install: 'get it somewhere.',
      ...program,
    },
    { signal, onFailure: (sign) => signs.push(sign) },
  );
  onCleanup(() => connection.close());
  return { connection, signs };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** Whether a process is more than a zombie that its new parent has not fetched yet. */
const runs = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
/** The pid that a program wrote down. */
const pidIn = (file: string): Promise<number> =>
  waitFor(() => {
    try {
      return Number(readFileSync(file, 'utf8')) || null;
    } catch {
      return null; // not there yet
    }
  });

describe('finds the URL', () => {
  test.each([
    ['on stderr', { lines: ['hello', 'see https://a.example now'] }],
    ['on stdout, in pieces', { out: ['hello\nsee https://', 'a.example\n'] }],
    ['in colours, with CR', { out: ['\u001b[32mhttps://a.example\u001b[0m\r\n'] }],
    ['in colours that begin within it', { out: ['https://\u001b[1ma.exam\u001b[0mple\u001b[K\n'] }],
    ['with control characters in it', { out: ['https://a.\u0007exam\u0000ple\tnow\n'] }],
    [
      'after links and a title of the terminal',
      {
        out: [
          '\u001b]0;tool https://title.example\u0007\u001b]8;;https://docs.example\u001b\\docs\u001b]8;;\u001b\\\n',
          'https://a.example\n',
        ],
      },
    ],
    ['after a line without an end', { lines: ['x'.repeat(100_000)], out: ['https://a.example\n'] }],
    ['after 64 MB without an end of line', { flood: 64, out: ['\nhttps://a.example\n'] }],
  ])('%s', async (_, what) => {
    const { connection } = await open({ says: what });
    expect(connection.url).toBe('https://a.example');
  });
});

describe('without a URL, says why', () => {
  test.each([
    ['the program is missing', { file: 'no-such-program' }, 'program is not installed: get it somewhere.'],
    [
      'it ended, by its problem',
      { says: { lines: ['ERR name taken', 'bye'], exit: 3 } },
      'program ended with exit code 3: name taken',
    ],
    [
      'it ended, by its last line',
      { says: { lines: ['oh', 'dear \u001b[31mme'], exit: 1 } },
      'program ended with exit code 1: dear me',
    ],
    ['it ended in silence', { says: { exit: 0 } }, 'program ended with exit code 0'],
    [
      'it takes too long',
      { says: { lines: ['still waiting'] }, openWithin: 2_000 },
      'program named no URL: it timed out after 2.0 s: still waiting',
    ],
  ])('%s', async (_, opening, message) => {
    await expect(open(opening)).rejects.toThrow(message);
  });

  test('it is given up, and the program with it', async () => {
    const pidFile = join(tempDir(), 'pid');
    const giveUp = new AbortController();
    const opening = open({ says: { pidFile }, signal: giveUp.signal });
    const pid = await pidIn(pidFile);
    const reason = new Error('given up');
    giveUp.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await waitFor(() => !isAlive(pid));
  });
});

test('URLs that are named later are kept, the newest first, and are signs', async () => {
  const lines = [1, 2, 2, 3, 4, 5, 6, 7].map((i) => `https://${i}.example`);
  const { connection, signs } = await open({ says: { lines } });
  expect(connection.url).toBe('https://1.example');
  const newest = [7, 6, 5, 4, 3].map((i) => `https://${i}.example`);
  await waitFor(() => expect(connection.named!()).toEqual(newest) ?? true);
  expect(new Set(signs)).toEqual(new Set(['program names another URL']));
});

/** A shell that starts the program and waits for it, as npx does. */
const wrapper = (what: object): Partial<TunnelProgram> => ({
  file: '/bin/sh',
  args: ['-c', '"$@" & wait', 'sh', process.execPath, says, JSON.stringify(what)],
});

describe('a program that another one has started', () => {
  test.each([false, true])('ends with close() (stubborn: %s)', async (stubborn) => {
    const pidFile = join(tempDir(), 'pid');
    const { connection, signs } = await open(wrapper({ lines: ['https://a.example'], pidFile, stubborn }));
    const pid = await pidIn(pidFile);
    await connection.close();
    await waitFor(() => !runs(pid));
    expect(signs).toEqual([]);
  });

  test('ends when the other one does', async () => {
    const pidFile = join(tempDir(), 'pid');
    const args = ['-c', '"$@" & sleep 1', 'sh', process.execPath, says, JSON.stringify({ pidFile })];
    await expect(open({ file: '/bin/sh', args })).rejects.toThrow('program ended with exit code 0');
    const pid = await pidIn(pidFile);
    await waitFor(() => !runs(pid));
  });

  test('may leave its group, and hold up nobody', async () => {
    const pidFile = join(tempDir(), 'pid');
    const args = [
      ...['-c', '"$@" & echo https://a.example; wait', 'sh'],
      ...['setsid', process.execPath, says, JSON.stringify({ pidFile })],
    ];
    const { connection } = await open({ file: '/bin/sh', args });
    const pid = await pidIn(pidFile);
    onCleanup(() => process.kill(pid, 'SIGKILL'));
    await connection.close();
    expect(runs(pid)).toBe(true);
  });
});

test('a problem, and the end of the program, are signs of failure', async () => {
  const pidFile = join(tempDir(), 'pid');
  const { signs } = await open({ says: { lines: ['https://a.example', 'ERR lost it'], pidFile } });
  await waitFor(() => signs.includes('program says: lost it'));
  process.kill(await pidIn(pidFile), 'SIGKILL');
  await waitFor(() => signs.some((sign) => /program ended with exit code 137/.test(sign)));
});

test.each([false, true])('close() ends the program without a sign (stubborn: %s)', async (stubborn) => {
  const pidFile = join(tempDir(), 'pid');
  const { connection, signs } = await open({ says: { lines: ['https://a.example'], pidFile, stubborn } });
  const pid = await pidIn(pidFile);
  await connection.close();
  expect(isAlive(pid)).toBe(false);
  expect(signs).toEqual([]);
});

test.each([
  ['the program', (command: string) => command],
  ['what it has started', (command: string) => `/bin/sh -c '${command.replaceAll("'", `'"'"'`)} & wait'`],
])('%s does not outlive a tool that was killed, and does not hold up one that ends', async (_, wrapped) => {
  for (const end of ['kill', 'stop'] as const) {
    const pidFile = join(tempDir(), 'pid');
    const program = `"${process.execPath}" "${says}" '${JSON.stringify({ out: ['https://a.invalid\n'], pidFile })}'`;
    const cli = startCli(['--tunnel', 'command', '--tunnel-command', wrapped(program)]);
    const pid = await pidIn(pidFile);
    expect(runs(pid)).toBe(true);
    await cli.ready;
    await cli[end]();
    await waitFor(() => !runs(pid));
  }
});

test('a program that never stops printing costs little memory, and the tunnel stays open', async () => {
  const done = join(tempDir(), 'done');
  const printing = `echo public http://127.0.0.1:$PORT; head -c 100000000 /dev/zero | tr '\\0' x; echo >${done}; yes`;
  const cli = startCli([
    ...['--tunnel', 'command', '--tunnel-command', `sh -c "${printing}"`],
    ...['--tunnel-pattern', 'public (\\S+)'],
  ]);
  await cli.waitFor('tunnel', ({ state }) => state === 'open');
  const before = peakMb(cli.pid);
  await waitFor(() => existsSync(done), { timeoutMs: 60_000 });
  const url = new URL((await cli.ready).receiverUrl);
  for (let i = 0; i < 20; i += 1) expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(200);
  expect(cli.events.filter(({ type }) => type === 'tunnel').at(-1)).toMatchObject({ state: 'open' });
  expect(peakMb(cli.pid) - before).toBeLessThan(100);
}, 90_000);

/** The most memory that a process has had so far, MB. */
const peakMb = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1000;
