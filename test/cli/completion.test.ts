import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answerText } from '../../src/cli/completion/format.ts';
import { quoted, readLine, type ShellName, shellNames } from '../../src/cli/completion/line.ts';
import { placeOf, wordsLike } from '../../src/cli/completion/place.ts';
import { type CompletionTable, listed } from '../../src/cli/completion/spec.ts';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli } from '../support/cli.ts';
import { waitFor } from '../support/wait.ts';

/** As the build has written it. */
const table: CompletionTable = JSON.parse(readFileSync('dist/completion.json', 'utf8'));

describe('the table of the command line', () => {
  test('has every command of the help, with its flags', async () => {
    const { stdout } = await callCli(['--help']);
    const helped = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)(?=[ |])/gm)].map(([, name]) => name!);
    expect(table.commands.map(({ name }) => name)).toEqual(
      helped.filter((name) => name !== 'reducto-webhook-dev'),
    );
    for (const { name, flags } of table.commands)
      if (name !== 'help') expect(flags.map(({ names }) => names[0])).toContain('--help');
  });

  test('names only values that there are, and has values for every place that has some', () => {
    const lookedUp = ['files', 'dirs', 'commands', 'filter', 'deliveries', 'jobs', ...Object.keys(listed)];
    const places = table.commands.flatMap(({ places, flags }) => [
      ...places,
      ...flags.flatMap(({ values }) => (values === undefined ? [] : [values])),
    ]);
    const named = new Set(places.filter((values) => values !== null));
    expect([...named].filter((values) => !lookedUp.includes(values) && !table.words[values])).toEqual([]);
    expect(Object.keys(table.words).filter((words) => !named.has(words))).toEqual([]);
    expect(lookedUp.filter((values) => !named.has(values))).toEqual([]);
    const flag = (command: string, name: string) =>
      table.commands.find((row) => row.name === command)!.flags.find(({ names }) => names.includes(name))!;
    for (const { name, flags } of table.commands)
      for (const { names } of flags)
        if (names[0] === '--filter') expect(flag(name, '--filter').values).toBe('filter');
        else if (names[0] === '--fault') expect(flag(name, '--fault').values).toBe('faults');
        else if (names[0] === '--output')
          expect(table.words).toHaveProperty([flag(name, '--output').values!]);
  });
});

test.each<[shell: ShellName, line: string, words: string[], typed: string, quote: string]>([
  ['bash', 'tool ', ['tool'], '', ''],
  ['bash', 'tool li', ['tool'], 'li', ''],
  ['bash', `tool --a 'b c' "d e" f\\ g`, ['tool', '--a', 'b c', 'd e'], 'f g', ''],
  ['bash', `tool "a\\"b \\$c \\d`, ['tool'], 'a"b $c \\d', '"'],
  ['bash', `tool '' x`, ['tool', ''], 'x', ''],
  ['zsh', `tool --f='a b`, ['tool'], '--f=a b', "'"],
  ['fish', `tool 'it\\'s`, ['tool'], "it's", "'"],
  ['powershell', "tool 'it''s' `\"x", ['tool', "it's"], '"x', ''],
])('%s: %s is read as the shell does', (shell, line, words, typed, quote) => {
  expect(readLine(line, shell)).toMatchObject({ words, typed, quote });
});

test.each([
  ['', '--tunn', '--tunnel'],
  ['3000 ', '--tunn', '--tunnel'],
  ['show last ', '--raw', '--raw'],
])('after "%s" %s goes on with %s', (words, typed, flag) => {
  const { suggestions } = placeOf(table, words.split(' ').filter(Boolean), typed);
  expect(suggestions.map(({ text }) => text)).toContain(flag);
});

test('a flag that was given is not offered again, unless it may be', () => {
  const offered = placeOf(table, ['replay', '--times', '2', '--set', 'a=1'], '--').suggestions.map(
    ({ text }) => text,
  );
  expect(offered).not.toContain('--times');
  expect(offered).toContain('--set');
});

test('--data is known wherever it stands', () => {
  expect(placeOf(table, ['show', '--data', 'a'], '').dataDir).toBe('a');
  expect(placeOf(table, ['--data=a', '--filter'], '').dataDir).toBe('a');
});

test('of several words in one, those that are there are not offered again', () => {
  const words = { between: ',', words: [['a', ''] as const, ['b', ''] as const] };
  expect(wordsLike(words, 'a,').map(({ text }) => text)).toEqual(['a,b']);
});

test('what comes from outside is text in every shell, and control characters reach none', () => {
  const text = `$(id)'"\`\\ \u00e9;*?[a]{b}~!#&|<>`;
  for (const open of ['', '"', "'"]) {
    const line = `tool ${open}${quoted(text, 'bash', open)}${open}`;
    expect(readLine(`${line} `, 'bash').words).toEqual(['tool', text]);
  }
  expect(readLine(`tool ${quoted(text, 'powershell')} `, 'powershell').words).toEqual(['tool', text]);
  for (const shell of shellNames) {
    const line = readLine('tool ', shell);
    const answer = [
      { text: 'a\u001b]0;x\u0007', help: '' },
      { text: 'b', help: 'c\n\u001b[2Jd' },
    ];
    expect(answerText(shell, line, answer)).not.toMatch(/\u001b|\u0007|\n./);
  }
});

test('bash is given what follows the last character at which it breaks a word', () => {
  const line = readLine('tool --filter=status:fa', 'bash', '=:');
  const answer = [{ text: '--filter=status:failed', help: '' }];
  expect(answerText('bash', line, answer)).toBe('failed \n');
});

test('a folder without a history, or with a broken one, gives no suggestions and no error', async () => {
  for (const dataDir of [tempDir(), '/dev/null', '/nonexistent/x']) {
    const options = {
      dataDir: tempDir(),
      env: { COMP_LINE: `reducto-webhook-dev show --data ${dataDir} 1` },
    };
    expect(await runCli(['__complete', 'bash'], options)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  }
});

test('without a running tool the history is read, and nothing is left there', async () => {
  const dataDir = tempDir();
  await callCli(['trigger', 'parse.completed', '--job-id', 'one', '--to', '1'], { dataDir });
  const before = readdirSync(dataDir);
  const options = { dataDir, env: { COMP_LINE: 'reducto-webhook-dev job o' } };
  // A machine that is very busy may need more time than a Tab is given.
  await waitFor(async () => (await runCli(['__complete', 'fish'], options)).stdout === 'one\tCompleted #1\n');
  expect(readdirSync(dataDir)).toEqual(before);
});

test('a shell that is not known is refused in one line that names those that are', async () => {
  const { code, stderr } = await callCli(['completion', 'tcsh']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^reducto-webhook-dev: "tcsh" .*bash, zsh, fish, powershell\.\n$/);
});

test('its help says how each shell keeps it', async () => {
  const { stdout } = await callCli(['completion', '--help']);
  for (const shell of shellNames) expect(stdout).toContain(`completion ${shell} >`);
});
