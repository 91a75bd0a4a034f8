import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sign, signingKey } from '../../src/core/signature.ts';
import { textWidth } from '../../src/tui/text.ts';
import { type App, startApp } from '../support/app.ts';
import { tempDir } from '../support/cleanup.ts';
import { bin, callCli } from '../support/cli.ts';
import { startTerminal, type TerminalOptions, type TmuxTerminal } from '../support/tmux.ts';
import { waitFor } from '../support/wait.ts';

// Every key that does something to a delivery, against a real `listen` with a real app, read off a real screen.
vi.setConfig({ testTimeout: 60_000 });

let terminal: TmuxTerminal;
let url: string;
let dir: string;

afterEach(() => terminal?.kill());

/** Starts `listen` on the whole screen, before the app. */
async function start(app: App, args = '', options: TerminalOptions = {}): Promise<void> {
  dir = tempDir();
  const command = `node ${bin} listen ${app.port} --port 0 --tunnel none --data ${dir}/data ${args}`;
  terminal = await startTerminal(command, { columns: 100, rows: 30, cwd: dir, ...options });
  const screen = await terminal.waitFor(/local +http:\/\/127\.0\.0\.1:\d+/);
  url = /local +(http:\S+)/.exec(screen)![1]!;
}

const payload = (job: string): string =>
  JSON.stringify({ status: 'Completed', job_id: job, metadata: { user_id: job.length } });

const post = (job: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: payload(job),
  });

/** Sends deliveries, one after another, and waits until they stand in the list. */
async function seed(...jobs: string[]): Promise<void> {
  for (const job of jobs) await post(job);
  await terminal.waitFor(new RegExp(`❯ \\S+ +${jobs.length} Completed ${jobs.at(-1)}`));
}

const attemptsOf = async (seq: number): Promise<number> => {
  const { stdout } = await callCli(['show', String(seq), '--output', 'json'], { dataDir: join(dir, 'data') });
  return (JSON.parse(stdout.trim().split('\n')[0]!) as { delivery: { attempts: number } }).delivery.attempts;
};

const lineWith = (screen: string, part: string): string =>
  screen.split('\n').find((line) => line.includes(part)) ?? '';

describe('replay with options', () => {
  test('says what is wrong beside the field, sends nothing then, and sends what was asked for', async () => {
    const app = await startApp();
    await start(app);
    await seed('job-a');
    await terminal.press('R', 'Tab');
    await terminal.type('nowhere');
    const wrong = await terminal.waitFor('"nowhere" is not a port');
    expect(wrong).toContain('Replay with options');
    await terminal.press('Enter', 'C-u', 'Tab', 'C-u');
    await terminal.type('0');
    expect(lineWith(await terminal.waitFor('at least 1'), 'at least 1')).toMatch(/❯ times +0 +✗ at least 1/);
    await terminal.press('BSpace', '3', 'Tab', 'Tab', 'Tab', 'Tab');
    await terminal.type('metadata.user_id=42 status=Failed');
    expect(app.requests).toHaveLength(1);
    await terminal.press('Enter');
    await terminal.waitFor('Replayed #1: 3 × 200');
    expect(app.requests.slice(1).map(({ body }) => JSON.parse(body.toString()))).toEqual(
      Array(3).fill({ status: 'Failed', job_id: 'job-a', metadata: { user_id: 42 } }),
    );
  });

  test('what only the command can find wrong brings the form back as it was', async () => {
    const app = await startApp();
    await start(app);
    await seed('job-a');
    await terminal.press('R', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab');
    await terminal.type('no-value');
    await terminal.press('Enter');
    const back = await terminal.waitFor('is not PATH=VALUE');
    expect(lineWith(back, '❯ set')).toContain('no-value');
    await terminal.press('C-u', 'Tab', 'Tab');
    await terminal.type('lost-ack');
    await terminal.press('Enter');
    await terminal.waitFor('"lost-ack" makes a sender try again');
    await terminal.press('Escape');
    await terminal.waitUntilGone('Replay with options');
    expect(app.requests).toHaveLength(1);
  });

  test('a long one shows its progress, is cancelled, and what was sent stays recorded', async () => {
    const app = await startApp({ delayMs: 40 });
    await start(app);
    await seed('job-a');
    await terminal.press('R', 'Tab', 'Tab', 'C-u');
    await terminal.type('2000');
    await terminal.press('Enter');
    const screen = await terminal.waitFor(/↻ replay of #1 +[■□]{10} [1-9]\d*\/2000/);
    expect(screen).toContain('C cancels');
    await terminal.press('C');
    await terminal.waitFor(/Cancelled after \d+ attempts?: what was sent stays recorded/);
    await terminal.waitUntilGone('↻ replay');
    const sent = app.requests.length;
    expect(sent).toBeLessThan(2001);
    // The one under way may have been stopped before it reached the app.
    expect((await attemptsOf(1)) - sent).toBeOneOf([0, 1]);
  });

  test('acts on all that are marked, in the order of marking', async () => {
    const app = await startApp();
    await start(app);
    await seed('job-a', 'job-b', 'job-c');
    await terminal.press('j', 'Space', 'k', 'k', 'Space');
    expect(await terminal.waitFor('● 2 marked · u unmarks')).toMatch(/●❯ \S+ +2 Completed/);
    await terminal.press('r');
    await terminal.waitFor('Replayed 2 deliveries: 2 × 200');
    const jobs = app.requests.slice(3).map(({ body }) => JSON.parse(body.toString()).job_id);
    expect(jobs).toEqual(['job-b', 'job-c']);
    await terminal.press('u');
    await terminal.waitUntilGone('2 marked');
  });

  test('a Svix delivery says that it was signed anew, or that its old signature was kept', async () => {
    const app = await startApp();
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    await start(app, `--svix-secret ${secret}`);
    const timestamp = Math.floor(Date.now() / 1000) - 3600;
    const signature = sign(signingKey(secret), 'msg_1', timestamp, Buffer.from(payload('job-a')));
    await post('job-a', {
      'svix-id': 'msg_1',
      'svix-timestamp': String(timestamp),
      'svix-signature': signature,
    });
    await terminal.waitFor(/❯ \S+ +1 Completed job-a/);
    await terminal.press('r');
    await terminal.waitFor('Replayed #1: 200');
    await terminal.waitFor('signed anew, same svix-id');
    expect(Number(app.requests[1]!.header('svix-timestamp'))).toBeGreaterThan(timestamp);
    await terminal.press('R', 'BTab', 'Right', 'Enter');
    await terminal.waitFor('kept the old signature: it is 36');
    expect(app.requests[2]!.header('svix-signature')).toBe(signature);
    await terminal.press('Enter', '3');
    await terminal.waitFor(/~ kept the old signature: it is 36\d\d s old/);
  });
});

describe('edit and replay', () => {
  /** An editor that waits for a key, so that the screen is seen to be its own, and then does as it is told. */
  const editor = (): string => {
    const file = join(tempDir(), 'editor');
    writeFileSync(
      file,
      `#!/bin/sh
read -p 'EDITOR HAS THE SCREEN: ' word
[ "$word" = fail ] && exit 3
[ "$word" = same ] && exit 0
sed -i "s/job-a/$word/; s/^content-type:.*/content-type: text\\/plain/" "$1"
`,
    );
    chmodSync(file, 0o755);
    return file;
  };

  test('the editor has the terminal; what it saves is sent, marked, and can be compared', async () => {
    const app = await startApp();
    await start(app, '', { env: { EDITOR: editor() } });
    await seed('job-a');
    await terminal.press('e');
    const lent = await terminal.waitFor('EDITOR HAS THE SCREEN');
    expect(lent).not.toContain('Deliveries');
    expect(await terminal.about('alternate_on')).toBe('0');
    // Deliveries are taken meanwhile, and nothing is painted over the editor.
    expect((await post('job-b')).status).toBe(200);
    expect(await terminal.screen()).not.toContain('job-b');
    // None of these is taken for a key of ours: x would ask, q would quit.
    await terminal.type('job-xq');
    await terminal.press('Enter');
    await terminal.waitFor('Replayed #1, edited: 200');
    expect(app.requests[2]!.body.toString()).toBe(payload('job-a').replace('job-a', 'job-xq'));
    expect(app.requests[2]!.header('content-type')).toBe('text/plain');
    await terminal.press('G', 'Enter', '3');
    const detail = await terminal.waitFor(/#2 replay .* edited/);
    expect(detail).toContain('~ edited: D shows how it differs from the delivery');
    await terminal.press('D');
    const difference = await terminal.waitFor('How #1 as it came and #1 attempt 2 differ');
    expect(difference).toContain('-   "job_id": "job-a",');
    expect(difference).toContain('+   "job_id": "job-xq",');
    expect(difference).toContain('- content-type: application/json');
    expect(difference).toContain('+ content-type: text/plain');
    const coloured = await terminal.screen({ colours: true });
    expect(coloured).toMatch(/\x1b\[31m- {3}"job_id": "job-a"/);
    expect(coloured).toMatch(/\x1b\[32m\+ {3}"job_id": "job-xq"/);
  });

  test('an editor that fails, changes nothing or is interrupted sends nothing and gives the screen back', async () => {
    const app = await startApp();
    await start(app, '', { env: { EDITOR: editor() } });
    await seed('job-a');
    const attempt = async (word: string, told: string | RegExp): Promise<void> => {
      await terminal.press('e');
      await terminal.waitFor('EDITOR HAS THE SCREEN');
      if (word === 'C-c') await terminal.press('C-c');
      else {
        await terminal.type(word);
        await terminal.press('Enter');
      }
      expect(await terminal.waitFor(told)).toContain('Deliveries');
      expect(await terminal.about('alternate_on')).toBe('1');
    };
    await attempt('fail', 'ended with code 3: nothing was sent');
    await attempt('same', 'Nothing was changed, so nothing was sent');
    await attempt('C-c', /nothing was sent/);
    expect(app.requests).toHaveLength(1);
    // Keys are ours again.
    await terminal.press('r');
    await terminal.waitFor('Replayed #1: 200');
  });
});

describe('duplicates and retries', () => {
  test('duplicates go out at the same instant', async () => {
    let seen = 0;
    let answerAll = (): void => {};
    const allAreHere = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    // The first is what was sent; the duplicates are answered only once all four are there.
    const app = await startApp(async () => {
      seen += 1;
      if (seen === 5) answerAll();
      if (seen > 1) await allAreHere;
      return {};
    });
    await start(app);
    await seed('job-a');
    await terminal.press('d', 'Tab', 'C-u');
    await terminal.type('4');
    await terminal.press('Enter');
    await terminal.waitFor('Duplicates of #1: 4 × 200');
    expect(seen).toBe(5);
    await terminal.waitFor(/❯.* 200 .*×5/);
  });

  test('a retry schedule counts down every second, is skipped to its next attempts, and ends with a 2xx', async () => {
    const app = await startApp({ status: 503 });
    await start(app);
    await seed('job-a');
    await terminal.press('t', 'Tab');
    expect(await terminal.waitFor('at once, then after each failure: 1.0 s, 2.0 s, 4.0 s')).toContain(
      'assumed',
    );
    await terminal.press('Right');
    await terminal.waitFor('at once, then after each failure: 5.0 s, 5m 00s, 30m 00s');
    await terminal.press('Enter');
    await terminal.waitFor(/↻ retries of #1 \(svix\) +1 sent, 1 failed · next in [45] s/);
    await terminal.press('N');
    const waiting = await terminal.waitFor(/2 sent, 2 failed · next in \dm \d\ds/);
    expect(waiting).toContain('· N now · C cancels');
    // Every second: the next picture is one less.
    const [, shown] = /next in 4m (\d\d)s/.exec(await terminal.waitFor(/next in 4m \d\ds/))!;
    await terminal.waitFor(`next in 4m ${String(Number(shown) - 1).padStart(2, '0')}s`);
    app.answer = {};
    await terminal.press('N');
    await terminal.waitFor('#1 was taken after 3 attempts: 200');
    await terminal.waitUntilGone('↻ retries');
    expect(app.requests).toHaveLength(4);
  });

  test('runs faster by a time scale, which every attempt says, and loses an acknowledgement on purpose', async () => {
    const app = await startApp();
    await start(app);
    await seed('job-a');
    await terminal.press('t', 'Tab', 'Tab', 'C-u');
    await terminal.type('100');
    await terminal.press('Tab');
    await terminal.type('lost-ack:1');
    await terminal.waitFor('(100 times faster)');
    await terminal.press('Enter');
    await terminal.waitFor('#1 was taken after 2 attempts');
    await terminal.press('Enter', '3');
    await terminal.waitFor('~ retry 1 of 3 (reducto-direct, 100 times faster)');
  });

  test('of several under way it is asked which to cancel', async () => {
    const app = await startApp({ status: 500 });
    await start(app);
    await seed('job-a', 'job-b');
    await terminal.press('Space', 'Space');
    await terminal.waitFor('2 marked');
    await terminal.press('t', 'Tab', 'Right', 'Enter');
    await terminal.waitFor(/retries of #1 \(svix\) +1 sent/);
    await terminal.press('C');
    await terminal.waitFor('Cancel which?');
    await terminal.waitFor('‹ retries of #1 (svix)');
    await terminal.press('Right');
    await terminal.waitFor('‹ retries of #2 (svix)');
    await terminal.press('Enter');
    await terminal.waitUntilGone('↻ retries of #2');
    expect(await terminal.screen()).toContain('↻ retries of #1 (svix)');
  });
});

describe('faults', () => {
  test('the panel points at what is wrong; what is at work and what it struck is said, until it is cleared', async () => {
    const app = await startApp();
    await start(app);
    await seed('job-a');
    await terminal.press('f');
    const kinds = await terminal.waitFor('duplicate=N[,concurrent]');
    expect(kinds).toContain('the app gets N more copies');
    await terminal.type('status=503:1 duplicat');
    const wrong = (await terminal.waitFor('There is no fault "duplicat"')).split('\n');
    const at = wrong.findIndex((line) => line.includes('❯ faults'));
    expect(wrong[at + 1]!.indexOf('^')).toBe(wrong[at]!.indexOf('duplicat'));
    expect(wrong.join('\n')).not.toContain('truncate=BYTES');
    await terminal.press('Enter');
    expect(await terminal.screen()).toContain('Faults at work');
    await terminal.press('C-w');
    await terminal.waitFor('truncate=BYTES');
    await terminal.press('Tab');
    await terminal.type('7');
    await terminal.press('Enter');
    await terminal.waitFor('From now on, on purpose: status=503:1 (seed 7)');
    await terminal.waitFor('! on purpose: status=503:1 · seed 7 · F clears');
    expect((await post('job-b')).status).toBe(503);
    // It has struck once, as asked, and is gone; the delivery shows it.
    await terminal.waitUntilGone('F clears');
    expect(lineWith(await terminal.waitFor('job-b'), 'job-b')).toMatch(/ack 503 +!/);
    await terminal.press('Enter');
    await terminal.waitFor('! on purpose, to the sender: status=503');
    await terminal.press('Escape');
    await terminal.waitFor('TIME');
    await terminal.press('f');
    await terminal.type('corrupt');
    await terminal.press('Enter');
    await terminal.waitFor('! on purpose: corrupt');
    await post('job-c');
    expect(lineWith(await terminal.waitFor(/3 Completed job-c .* 200/), 'job-c')).toMatch(/ 200 +! /);
    await terminal.press('g', 'Enter', '3');
    const attempt = await terminal.waitFor(/▾ #1 forward/);
    expect(attempt).toContain('    ! on purpose: corrupt');
    expect(attempt).toMatch(/#1 forward .* ! corrupt/);
    await terminal.press('F');
    await terminal.waitFor('Cleared corrupt: no faults are at work now');
    await terminal.waitUntilGone('F clears');
  });
});

describe('hold and release', () => {
  test('what is held is let go one by one, in another order than it came', async () => {
    const app = await startApp();
    await start(app);
    await seed('job-a');
    await terminal.press('h');
    await terminal.waitFor('holding what comes in · none held yet');
    const answers = [];
    for (const [i, job] of ['job-b', 'job-c', 'job-d'].entries()) {
      answers.push(post(job));
      await terminal.waitFor(new RegExp(`❯ \\S+ +${i + 2} Completed ${job} .* held`));
    }
    await terminal.waitFor('3 held: #2 #3 #4');
    expect(app.requests).toHaveLength(1);
    await terminal.press('j', 'h');
    await terminal.waitFor('Released #3 · 2 still held');
    await app.received(2);
    await terminal.press('j', 'Enter');
    await terminal.waitFor('‖ held back from the app: h lets it go');
    await terminal.press('h');
    await app.received(3);
    await terminal.press('Escape');
    await terminal.waitFor('TIME');
    await terminal.press('H');
    await terminal.waitFor('Holding ended, 1 delivery released');
    await terminal.waitUntilGone('‖');
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
    const jobs = app.requests.map(({ body }) => JSON.parse(body.toString()).job_id);
    expect(jobs).toEqual(['job-a', 'job-c', 'job-b', 'job-d']);
  });
});

describe('differences', () => {
  test('of two marked deliveries, and of two marked attempts with their answers', async () => {
    let count = 0;
    const app = await startApp(() => ({ body: `answer ${++count}` }));
    await start(app);
    await seed('job-a', 'job-b');
    await terminal.press('D');
    await terminal.waitFor('Mark two deliveries with Space');
    await terminal.press('Space', 'Space', 'D');
    const deliveries = await terminal.waitFor('How #1 and #2 differ');
    expect(deliveries).toContain('-   "job_id": "job-a"');
    expect(deliveries).toContain('+   "job_id": "job-b"');
    await terminal.press('Escape');
    await terminal.waitFor('TIME');
    await terminal.press('u', 'r');
    await terminal.waitFor(/Replayed #1: 200/);
    await terminal.press('Enter', '3');
    await terminal.waitFor('#2 replay');
    await terminal.press('m', 'G', 'm');
    await terminal.waitFor('● 2 attempts marked');
    await terminal.press('D');
    const attempts = await terminal.waitFor('How #1 attempt 1 and #1 attempt 2 differ');
    expect(attempts).toContain('What was sent is the same.');
    expect(attempts).toContain('- answer 1');
    expect(attempts).toContain('+ answer 3');
  });
});

describe('export', () => {
  test('writes what is marked, and never over a file that exists', async () => {
    const app = await startApp();
    await start(app);
    await seed('job-a', 'job-b', 'job-c');
    await terminal.press('Space', 'Space', 'E');
    await terminal.waitFor('‹ 2 marked deliveries ›');
    await terminal.waitFor(/file +deliveries\.ndjson/);
    await terminal.press('Tab', 'Right');
    await terminal.waitFor(/file +deliveries\.har/);
    await terminal.press('Tab', 'C-u');
    await terminal.type('two.har');
    await terminal.press('Enter');
    await terminal.waitFor('Wrote 2 deliveries to two.har');
    const har = JSON.parse(readFileSync(join(dir, 'two.har'), 'utf8')) as { log: { entries: unknown[] } };
    expect(har.log.entries).toHaveLength(2);
    await terminal.press('E', 'Tab', 'Right', 'Tab', 'C-u');
    await terminal.type('two.har');
    await terminal.press('Enter');
    const taken = await terminal.waitFor('two.har exists: choose another name');
    expect(lineWith(taken, '❯ file')).toContain('two.har');
    rmSync(join(dir, 'two.har'));
    await terminal.press('Enter');
    await waitFor(() => existsSync(join(dir, 'two.har')), { what: 'the file' });
  });
});

test.each([
  [60, 20],
  [80, 24],
  [140, 40],
])('%i×%i: every form fits, and says how to run and leave it', async (columns, rows) => {
  const app = await startApp();
  await start(app, '', { columns, rows });
  await post('job-a');
  await terminal.waitFor(/❯ \S+ +1 Completed/);
  const hints = lineWith(await terminal.screen(), 'q quit');
  for (const hint of ['Enter open', 'r replay', 'e edit', 'd dup', '? help', 'q quit'])
    expect(hints).toContain(hint);
  for (const [key, verb] of [
    ['R', 'replay'],
    ['d', 'send'],
    ['t', 'start'],
    ['f', 'put to work'],
    ['E', 'write'],
  ] as const) {
    await terminal.press(key);
    const screen = await terminal.waitFor(`Enter ${verb}`);
    expect(lineWith(screen, `Enter ${verb}`)).toContain('Esc cancel');
    const lines = screen.trimEnd().split('\n');
    expect(lines).toHaveLength(rows);
    expect(lines.every((line) => textWidth(line) <= columns)).toBe(true);
    // What is behind the form is still in sight.
    expect(screen).toContain('job-a');
    await terminal.press('Escape');
    await terminal.waitUntilGone(`Enter ${verb}`);
  }
});
