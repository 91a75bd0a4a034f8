import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { textWidth } from '../../src/tui/text.ts';
import { startTerminal, type TerminalOptions, type TmuxTerminal } from '../support/tmux.ts';
import { waitFor } from '../support/wait.ts';
import { buildFixture } from './fixtures/build.ts';

let program: string;
let terminal: TmuxTerminal;

beforeAll(async () => {
  program = await buildFixture('main');
});

afterEach(() => terminal?.kill());

/** Starts the fixture and waits for its first rows. */
async function start(options: TerminalOptions = {}, ready: string | RegExp = 'following'): Promise<string> {
  terminal = await startTerminal(`node ${program}`, options);
  return terminal.waitFor(ready);
}

/** The number of the selected delivery. */
const selectedSeq = (screen: string): number => Number(/❯ \S+ +(\d+)/.exec(screen)?.[1]);

const lineWith = (screen: string, text: string): string =>
  screen.split('\n').find((line) => line.includes(text)) ?? '';

describe('the list', () => {
  test('first screen: public URL, where to, rows with the newest on top and selected', async () => {
    const screen = await start();
    expect(lineWith(screen, 'public')).toContain('● https://calm-otter-42.loca.lt  open');
    expect(screen).toContain('local   http://127.0.0.1:4140  →  http://localhost:3000 up');
    expect(screen).toContain('50 deliveries · verify: secret · ack: app');
    expect(lineWith(screen, '❯')).toMatch(/❯ 14:02:30 {2}50 Failed/);
    expect(lineWith(screen, ' 48 ')).toMatch(/48 Completed 0005ccd0 user_id=148 .* ✗ refused +2 ms ×3/);
    expect(screen).toContain('? help');
  });

  test('moves, pages, goes to the oldest and back to the newest', async () => {
    await start({ env: { COUNT: '10000' } });
    await terminal.press('Down', 'j', 'j', 'Up');
    await terminal.waitFor(/❯ \S+ +9998 /);
    await terminal.press('PageDown');
    await terminal.waitFor(/❯ \S+ +9982 /);
    await terminal.press('G');
    await terminal.waitFor(/❯ \S+ +1 Completed/);
    await terminal.press('PageUp');
    await terminal.waitFor(/❯ \S+ +17 /);
    await terminal.press('g');
    await terminal.waitFor(/❯ \S+ +10000 .*\n/);
    expect(await terminal.screen()).toContain('following');
  });

  test('wide and combined characters line up, escapes are shown and never executed', async () => {
    // The list's frame is there before its rows, and its last row comes last.
    const screen = await start({ columns: 140, rows: 60 }, /^ {3}\S+ +1 Completed/m);
    const rows = screen.split('\n').filter((line) => /^ . {1,2}\S+ +\d+ (Completed|Failed|Other)/.test(line));
    expect(rows).toHaveLength(50);
    // tmux gives ❤️ one column where most terminals give two: the row goes on at the right place all the same.
    const columns = rows
      .map((row) => row.replaceAll('\ufe0f', ''))
      .map((row) => textWidth(row.slice(0, row.search(/[✓✗] (\d|refused)/))));
    expect(new Set(columns).size).toBe(1);
    for (const odd of ['title=\\x1b[31m', 'title=emoji 👩‍👩‍👧', 'title=日本語', 'title=right\\u20'])
      expect(screen).toContain(odd);
    expect(screen).toContain('● https://calm-otter-42.loca.lt  open');
  });

  test('a filter: the error under the line, the matches in the title, Esc shows all again', async () => {
    await start();
    await terminal.type('/status:failed AND code:x');
    const wrong = await terminal.waitFor('"code" is a number');
    const at = wrong.split('\n').findIndex((line) => line.startsWith(' / status:failed'));
    expect(wrong.split('\n')[at + 1]!.indexOf('^')).toBe(wrong.split('\n')[at]!.indexOf('code:x'));
    await terminal.press('C-w', 'C-w', 'Enter');
    const found = await terminal.waitFor('9 matches');
    expect(found).toContain('/status:failed');
    expect(found).not.toContain('Completed');
    await terminal.press('Escape');
    await terminal.waitFor('Completed');
    await terminal.type('/job:none');
    await terminal.press('Enter');
    await terminal.waitFor('Nothing matches job:none');
  });

  test('clear asks first', async () => {
    await start();
    await terminal.press('x');
    await terminal.waitFor('Remove all 50 deliveries and their attempts? y yes  n no');
    await terminal.press('n');
    await terminal.waitUntilGone('Remove all');
    await terminal.press('x', 'y');
    const empty = await terminal.waitFor('Waiting for the first delivery');
    expect(empty).toContain('Give Reducto this webhook URL');
    expect(empty).toContain('curl http://127.0.0.1:4140 \\');
    expect(empty).toContain('Removed 50 deliveries');
  });

  test('pasted text presses no keys', async () => {
    await start();
    await terminal.paste('xyq');
    await terminal.press('j');
    const screen = await terminal.waitFor(/❯ \S+ +49 /);
    expect(screen).not.toContain('Remove all');
  });
});

describe('the detail', () => {
  test('opens, has five tabs, folds, and goes to the neighbours', async () => {
    await start();
    await terminal.press('j', 'j', 'Enter');
    const payload = await terminal.waitFor('[1 Payload]');
    expect(payload).toContain('#48  Completed  0005ccd0-54b1-43ce-8b1c-000000000048');
    expect(payload).toContain('✗ secret mismatch: metadata.secret is not the expected one');
    expect(payload).toContain('"credits": 1.50,');
    expect(payload).toContain('"big": 12345678901234567890,');
    await terminal.press('Left');
    await terminal.waitFor('▸ {…}  6 keys');
    await terminal.press('Space');
    await terminal.waitFor('▾ "metadata": {');
    await terminal.press('2');
    await terminal.waitFor('X-Odd: café \\x1b]0;title\\x07');
    await terminal.press('Tab');
    await terminal.waitFor(/▾ #3 retry +✗ refused/);
    await terminal.press('4');
    await terminal.waitFor('{"status":"Completed","job_id"');
    await terminal.press('5');
    await terminal.waitFor(/\+40 ms {2}sender answered {2,}200 after 40 ms, by the app/);
    await terminal.press(']');
    await terminal.waitFor('#47  Completed');
    await terminal.press('Escape');
    await terminal.waitFor(/❯ \S+ +47 /);
  });

  test('what is no text is a hex dump', async () => {
    await start();
    for (let i = 0; i < 8; i++) await terminal.press('j');
    await terminal.press('Enter');
    const screen = await terminal.waitFor('Not a Reducto payload: the body is not UTF-8 text');
    expect(screen).toContain('00000000  c8 ed 12 37');
  });

  test('secrets are masked until s', async () => {
    await start();
    await terminal.press('j', 'j', 'Enter');
    expect(await terminal.waitFor('"secret"')).toContain('"secret": "••••••"');
    await terminal.press('s');
    const shown = await terminal.waitFor('"secret": "hunter48"');
    expect(shown).toContain('secrets shown');
    await terminal.press('s', 'y');
    await terminal.waitFor('Copied #48 as curl · secrets masked; press s first to include them');
  });

  test('a replay is told, and stands among the attempts', async () => {
    await start();
    await terminal.press('j', 'j', 'j', 'Enter', '3');
    await terminal.waitFor('▾ #1 forward');
    await terminal.press('r');
    await terminal.waitFor('✓ Replayed #47: 200 in 7 ms');
    await terminal.waitFor(/#2 retry +✓ 200/);
  });

  test('without a clipboard the curl command is shown', async () => {
    await start({ env: { NO_CLIPBOARD: '1' } });
    await terminal.press('y');
    await terminal.waitFor('#50 as curl (no clipboard here)');
    await terminal.waitFor('curl -X POST \\');
    await terminal.press('Escape');
    await terminal.waitFor('following');
  });
});

describe('the screen', () => {
  test('help is made from the key table and the filter fields', async () => {
    await start({ rows: 120 });
    await terminal.press('?');
    const help = await terminal.waitFor('Filter fields');
    expect(help).toContain('replay: send it to the app again');
    await terminal.press('G');
    await terminal.waitFor('path:*webhook*');
    await terminal.press('q');
    await terminal.waitFor('following');
  });

  test.each([
    [60, 20, false],
    [80, 24, false],
    [120, 30, true],
    [200, 50, true],
  ])('%i×%i: nothing overflows; side by side %s', async (columns, rows, split) => {
    await start({ columns, rows });
    await terminal.press('j', 'Enter');
    const screen = await terminal.waitFor('Payload');
    expect(screen.includes('TIME')).toBe(split);
    const lines = screen.trimEnd().split('\n');
    expect(lines).toHaveLength(rows);
    expect(lines.every((line) => textWidth(line) <= columns)).toBe(true);
  });

  test('follows a resize, and says so when there is too little room', async () => {
    await start();
    await terminal.resize(130, 40);
    await terminal.press('Enter');
    await terminal.waitFor(/│\[1 Payload\]/);
    await terminal.resize(60, 20);
    await terminal.waitUntilGone('TIME');
    expect((await terminal.screen()).trimEnd().split('\n')).toHaveLength(20);
    await terminal.resize(38, 9);
    await terminal.waitFor('The terminal is 38×9');
    await terminal.resize(80, 24);
    await terminal.waitFor('[1 Payload]');
  });

  test('trouble is said with its reason', async () => {
    const since = Date.now() - 65_000;
    const tunnel = {
      provider: 'localtunnel',
      state: 'reconnecting',
      url: 'https://calm-otter-42.loca.lt',
      since,
      ...{ order: ['localtunnel'], latencyMs: null, changes: null },
    };
    const status = {
      tunnel: { ...tunnel, reason: 'the server closed the connection' },
      endpoints: [{ name: 'http://localhost:3000', state: 'down', reason: 'connection refused' }],
      storeProblem: 'the disk is full',
    };
    const screen = await start({ columns: 100, env: { STATUS: JSON.stringify(status) } });
    expect(screen).toMatch(/reconnecting for 1m \d\ds: the server closed the connection/);
    expect(screen).toContain('http://localhost:3000 down (connection refused)');
    expect(screen).toContain('Deliveries are not stored: the disk is full');
  });

  test('without colour there is not one colour code, and everything is still said', async () => {
    await start({ env: { NO_COLOR: '1' } });
    const bare = await terminal.screen({ colours: true });
    expect(bare).not.toMatch(/\x1b\[[\d;]*\b(3[0-8]|4[0-8]|9\d|10\d)\b[\d;]*m/);
    expect(bare).toContain('❯');
    await terminal.kill();
    await start();
    expect(await terminal.screen({ colours: true })).toMatch(/\x1b\[36m/);
  });

  test('keys are answered while 500 deliveries a second come in', async () => {
    await start({ env: { COUNT: '9000', BURST: '500' } });
    await terminal.press('j');
    await terminal.waitFor(/▲ \d+ new · g/);
    await terminal.press('?');
    await terminal.waitFor(' Help');
    await terminal.press('q', 'Enter');
    await terminal.waitFor('[1 Payload]');
    await terminal.press('Escape');
    await terminal.waitFor('TIME');
    await terminal.press('g');
    // The newest is selected from now on, so the number beside the cursor goes up and up.
    const before = selectedSeq(await terminal.waitFor('following'));
    await waitFor(async () => selectedSeq(await terminal.screen()) > before + 100, { what: 'newer ones' });
  });
});

describe('leaving', () => {
  const restored = async (): Promise<void> => {
    expect(await terminal.about('alternate_on')).toBe('0');
    expect(await terminal.about('cursor_flag')).toBe('1');
    await terminal.type('echo typed $((40 + 2))');
    await terminal.press('Enter');
    await terminal.waitFor('typed 42');
  };

  test.each(['q', 'C-c'])('%s gives the screen back', async (key) => {
    await start();
    expect(await terminal.about('alternate_on')).toBe('1');
    expect(await terminal.about('cursor_flag')).toBe('0');
    await terminal.press(key);
    const screen = await terminal.waitFor(/left the screen\s+PROMPT>/);
    expect(screen).toContain(`node ${program}`.slice(0, 30));
    await restored();
  });

  test.each(['TERM', 'INT', 'HUP'])('SIG%s gives the screen back', async (signal) => {
    await start();
    const shell = await terminal.about('pane_pid');
    process.kill(Number((await childOf(shell)).trim()), `SIG${signal}` as NodeJS.Signals);
    await terminal.waitFor(/left the screen\s+PROMPT>/);
    await restored();
  });

  test('a crash shows its stack on the screen that was given back', async () => {
    await start({ env: { CRASH_ON: '1' } });
    await terminal.press('x', 'y');
    await terminal.waitFor('Error: made to crash');
    await terminal.waitFor(/PROMPT>\s*$/);
    await restored();
  });
});

async function childOf(pid: string): Promise<string> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  return (await promisify(execFile)('pgrep', ['-P', pid])).stdout;
}
