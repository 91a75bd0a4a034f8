import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { createAlarm, watchFailures } from '../../src/cli/failures.ts';
import { readLock } from '../../src/inspector/lock.ts';
import { findNotifier } from '../../src/runtime/notify.ts';
import type { RuntimeEvent } from '../../src/runtime/session.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin } from '../support/cli.ts';
import { answer, endedAttempt } from '../support/deliveries.ts';
import { waitFor } from '../support/wait.ts';
import { FakeSession } from '../tui/fixtures/fake-session.ts';

/** A folder for PATH with a program that notes its arguments, one call a line; it stands for notify-send. */
function standIn(): { path: string; calls(): string[][] } {
  const dir = tempDir();
  const notes = join(dir, 'notes');
  const note = `require('fs').appendFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)) + '\\n')`;
  const program = `#!/bin/sh\nexec "${process.execPath}" -e "${note}" "${notes}" "$@"\n`;
  writeFileSync(join(dir, 'notify-send'), program, { mode: 0o755 });
  return {
    path: dir,
    calls: () =>
      existsSync(notes)
        ? readFileSync(notes, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : [],
  };
}

/** An app that answers every delivery with a status. */
async function appWith(status: () => number): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(status()).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onCleanup(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Runs `listen` on a pseudo-terminal. */
async function onTerminal(flags: string, env: Record<string, string>) {
  const dir = tempDir();
  const typescript = join(dir, 'typescript');
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir);
  const command = `"${process.execPath}" "${bin}" --tunnel none --port 0 --inspector-port 0 --data "${dataDir}" ${flags}`;
  const child = spawn('script', ['-qefc', `stty cols 120 rows 40; exec ${command}`, typescript], {
    cwd: dir,
    env: {
      ...process.env,
      TERM: 'xterm-256color',
      TERM_PROGRAM: '',
      NO_UPDATE_NOTIFIER: '1',
      CI: '',
      ...env,
    },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(child, 'exit');
  onCleanup(() => {
    child.kill();
    return ended;
  });
  const port = await waitFor(() => readLock(dataDir)?.port);
  return {
    output: () => readFileSync(typescript, 'utf8'),
    type: (text: string) => child.stdin.write(text),
    send: async (count: number, body = '{"status":"Completed","job_id":"1"}') => {
      for (let i = 0; i < count; i += 1)
        await fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json' },
        });
    },
  };
}

/** The failures that notifications tell of, in all. */
const counted = (texts: string[]): number =>
  texts.reduce((sum, text) => sum + Number(/^(\d+) failures/.exec(text)?.[1] ?? 1), 0);

describe('with --notify', () => {
  test('the desktop is told of failures, a burst of them at once, and of nothing that went well', async () => {
    const { path, calls } = standIn();
    let status = 200;
    const app = await appWith(() => status);
    const tool = await onTerminal(`${app} --output plain --notify`, { PATH: `${path}:${process.env.PATH}` });
    await tool.send(2);
    status = 500;
    await tool.send(20);
    const texts = (): string[] => calls().map((args) => args.at(-1)!);
    await waitFor(() => counted(texts()) === 20, { timeoutMs: 20_000 });
    expect(calls().length).toBeLessThan(5);
    for (const args of calls())
      expect(args.slice(0, -1)).toEqual(['--app-name', 'reducto-webhook-dev', '--', 'reducto-webhook-dev']);
    expect(texts().at(-1)).toMatch(/#22: 500 in \d/);
    expect(tool.output()).not.toContain('\x07');
  });

  test('a delivery that is not verified is one', async () => {
    const { path, calls } = standIn();
    const tool = await onTerminal('--output plain --notify --secret s3cret', {
      PATH: `${path}:${process.env.PATH}`,
    });
    await tool.send(1, '{"status":"Completed","job_id":"1","metadata":{"secret":"<b>\\u001b]0;x"}}');
    await waitFor(() => calls().length === 1);
    expect(calls()[0]!.at(-1)).toBe('#1: not verified: metadata.secret is not the expected one');
  });

  test('a terminal that knows how is told instead, unless it is looked at', async () => {
    const app = await appWith(() => 500);
    const tool = await onTerminal(`${app} --notify --bell`, { TERM_PROGRAM: 'WezTerm' });
    await waitFor(() => tool.output().includes('\x1b[?1004h'));
    const told = (): string[] =>
      [...tool.output().matchAll(/\x1b\]9;reducto-webhook-dev: ([^\x07]*)\x07/g)].map(([, text]) => text!);
    tool.type('\x1b[I');
    tool.type('?'); // read after it
    await waitFor(() => tool.output().includes('Help'));
    await tool.send(3);
    tool.type('\x1b[O');
    let sent = 0;
    await waitFor(async () => {
      await tool.send(1);
      sent += 1;
      return told().length > 0;
    });
    expect(counted(told())).toBeLessThanOrEqual(sent);
    expect(told()[0]).toMatch(/#\d+: 500 in /);
    // The bell, and what ends the sequence.
    expect(tool.output().split('\x07').length - 1).toBe(2);
    tool.type('qq');
    await waitFor(() => tool.output().includes('\x1b[?1004l'));
  });
});

test('a flood of failures is told of once in some seconds, each failure counted', async () => {
  vi.useFakeTimers();
  onCleanup(() => vi.useRealTimers());
  const told: { at: number; text: string }[] = [];
  let fail!: (event: RuntimeEvent) => void;
  const runtime: Parameters<typeof watchFailures>[0] = {
    watch: (listener) => {
      fail = listener;
      return () => undefined;
    },
    status: () => new FakeSession(0).status(),
  };
  let looked = false;
  const startedAt = Date.now();
  watchFailures(
    runtime,
    () => looked,
    (text) => told.push({ at: Date.now() - startedAt, text }),
  );
  const attempt = endedAttempt(answer(500));
  const failFor = (seconds: number): void => {
    for (let ms = 0; ms < seconds * 1000; ms += 10) {
      fail({ type: 'attempt', seq: 7, attempt });
      vi.advanceTimersByTime(10);
    }
  };
  failFor(20);
  vi.advanceTimersByTime(60_000);
  expect(told.map(({ at }) => at)).toEqual([300, 5300, 10_300, 15_300, 20_300]);
  expect(counted(told.map(({ text }) => text))).toBe(2000);
  expect(told[1]!.text).toMatch(/^\d+ failures, the newest: #7: 500 in /);

  fail({ type: 'attempt', seq: 8, attempt });
  vi.advanceTimersByTime(60_000);
  expect(told.at(-1)!.text).toMatch(/^#8: 500 in /);
  looked = true;
  failFor(1);
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(6);
});

test('in CI nothing rings', () => {
  vi.stubEnv('CI', 'true');
  onCleanup(() => vi.unstubAllEnvs());
  expect(createAlarm({ bell: true, notify: true }, () => undefined)).toBeNull();
});

test('where nothing can show it, that is said, and the rest works', async () => {
  const app = await appWith(() => 500);
  const node = join(process.execPath, '..');
  const tool = await onTerminal(`${app} --output plain --notify --bell`, {
    PATH: `${tempDir()}:/bin:${node}`,
  });
  await tool.send(1);
  await waitFor(() => tool.output().includes('\x07'));
  expect(tool.output()).toContain('nothing shows notifications here');
});

test.each([
  [{ TERM_PROGRAM: 'iTerm.app' }, 'darwin', 'terminal'],
  [{ TERM: 'foot' }, 'linux', 'terminal'],
  [{ TERM: 'xterm-256color', PATH: '' }, 'linux', null],
  [{ TERM_PROGRAM: 'Apple_Terminal', PATH: '' }, 'darwin', null],
] as const)('in %j on %s the way is %s', (env, platform, kind) => {
  expect(findNotifier(env, platform)?.kind ?? null).toBe(kind);
});

test('what it tells is no command to a terminal, a shell or the desktop', () => {
  const dir = tempDir();
  for (const name of ['osascript', 'powershell.exe', 'notify-send'])
    writeFileSync(join(dir, name), '', { mode: 0o755 });
  const text = '";do shell script "id"; <b>$(id)&amp;';
  for (const platform of ['darwin', 'win32', 'linux'] as const) {
    const way = findNotifier({ PATH: dir }, platform);
    if (way?.kind !== 'program') throw new Error('no program');
    const script = way.args('').join('\n');
    const differing = way.args(text).filter((arg, i) => arg !== way.args('')[i]);
    // It is an argument, or a variable, of its own: never a part of what is run.
    if (platform === 'win32') expect(way.env!(text)).toEqual({ NOTIFICATION: text });
    else
      expect(differing).toEqual([
        platform === 'linux' ? text.replaceAll('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;') : text,
      ]);
    expect(script).not.toContain('id');
  }
  const urxvt = findNotifier({ TERM: 'rxvt-unicode-256color' }, 'linux');
  expect(urxvt?.kind === 'terminal' && urxvt.sequence('a;b;c').split(';')).toHaveLength(4);
});
