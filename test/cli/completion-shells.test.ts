import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, callCli, type RunningCli, startCli } from '../support/cli.ts';
import { startTerminal, type TmuxTerminal } from '../support/tmux.ts';
import { waitFor } from '../support/wait.ts';

// The scripts that `completion` prints, in the shells that they are for (of PowerShell's: see powershell.test.ts).

/** How each shell is started without the user's own files, and how it takes the script. */
const shells = {
  bash: { start: 'bash --norc --noprofile', take: 'eval "$(reducto-webhook-dev completion bash)"' },
  zsh: {
    start: 'zsh -f',
    take: 'autoload -U compinit && compinit -u -D && eval "$(reducto-webhook-dev completion zsh)"',
  },
  fish: { start: 'fish --no-config', take: 'reducto-webhook-dev completion fish | source' },
};

const hostile = "$(touch pwned); `touch pwned` & #'";

/** What is typed, where > is the Tab key and < the left arrow, and the arguments that the tool then gets. */
type Case = readonly [typed: string, args: readonly string[]];

const cases: readonly Case[] = [
  ['$ emulator-f>', ['emulator-faults']],
  ['$ list --fil>x', ['list', '--filter', 'x']],
  ['$ list --from ol>', ['list', '--from', 'oldest']],
  ['$ list --from=ol>', ['list', '--from=oldest']],
  ['$ list --limit >7', ['list', '--limit', '7']],
  ['$ list --fil 7<<>', ['list', '--filter', '7']],
  ['A=1 $ list --fil>x', ['list', '--filter', 'x']],
  ['true | $ list --fil>x', ['list', '--filter', 'x']],
  ['$ list --filter stat>f>', ['list', '--filter', 'status:failed']],
  ['$ list --filter=status:f>', ['list', '--filter=status:failed']],
  ['$ list --filter="status:f>', ['list', '--filter=status:failed']],
  ["$ list '--filter=status:f>", ['list', '--filter=status:failed']],
  ['$ list --filter "outcome:ok AND status:F>', ['list', '--filter', 'outcome:ok AND status:Failed']],
  ['$ list --filter outcome:ok\\ AND\\ status:F>', ['list', '--filter', 'outcome:ok AND status:Failed']],
  ['$ list --filter \'metadata.who:"$>', ['list', '--filter', `metadata.who:"${hostile}"`]],
  ['$ list --filter metadata.who:\\"\\$>', ['list', '--filter', `metadata.who:"${hostile}"`]],
  ['$ replay last --fault dup>>', ['replay', 'last', '--fault', 'duplicate=2,concurrent']],
  ["$ replay last --fault 'drop dela>2s'", ['replay', 'last', '--fault', 'drop delay=2s']],
  ['$ check --only once,duplicate-s>', ['check', '--only', 'once,duplicate-sequential']],
  ['$ show la>', ['show', 'last']],
  ['$ job 01>', ['job', '0123-ann']],
  ['$ trigger --payload pay>', ['trigger', '--payload', 'pay load.json']],
  ['$ trigger --payload "pay>', ['trigger', '--payload', 'pay load.json']],
  ['$ trigger --payload=pay>', ['trigger', '--payload=pay load.json']],
  ["$ trigger '--payload=pay>", ['trigger', '--payload=pay load.json']],
  ['$ show --data sub>last', ['show', '--data', 'sub dir/last']],
  ['$ show --data=sub>last', ['show', '--data=sub dir/last']],
  ['$ show "#1>', ['show', '#1']],
  ['$ help rep>', ['help', 'replay']],
];

/** What a shell alone can be set to. */
const more: Partial<Record<string, { setting: string; cases: readonly Case[] }>> = {
  bash: {
    setting: 'COMP_WORDBREAKS=$(echo "$COMP_WORDBREAKS" | tr -d :=)',
    cases: [
      ['$ list --filter status:f>', ['list', '--filter', 'status:failed']],
      ['$ list --filter=status:f>', ['list', '--filter=status:failed']],
      ['$ list --filter="status:f>', ['list', '--filter=status:failed']],
      ['$ show --data=sub>last', ['show', '--data=sub dir/last']],
      ['$ show "--data=sub>last', ['show', '--data=sub dir/last']],
    ],
  },
  zsh: {
    setting: 'setopt complete_in_word menu_complete',
    cases: [['$ list --fil 7<<>', ['list', '--filter', '7']]],
  },
};
/** A folder for PATH with the tool in it: it answers a shell, and of any other call it notes the arguments. */
function toolOnPath(notes: string): string {
  const dir = join(tempDir(), 'bin');
  mkdirSync(dir);
  writeFileSync(
    join(dir, 'reducto-webhook-dev'),
    `#!/bin/sh
case $1 in
  completion) exec "${process.execPath}" "${bin}" "$@" ;;
  __complete) exec "${process.execPath}" "${bin}" "$@" 60000 ;;
  *) { printf '%s\\t' "$@"; echo; } >>"${notes}" ;;
esac
`,
    { mode: 0o755 },
  );
  return dir;
}

let cli: RunningCli;
beforeAll(async () => {
  cli = startCli([]);
  await cli.ready;
  const trigger = (...args: string[]) => callCli(['trigger', ...args], { dataDir: cli.dataDir });
  await trigger('parse.failed', '--metadata', `who=${hostile}`);
  await trigger('parse.completed', '--metadata', 'who=ann', '--job-id', '0123-ann');
}, 60_000);

async function inShell(start: string, take: string, folder: string, notes: string): Promise<TmuxTerminal> {
  const terminal = await startTerminal(start, {
    columns: 200,
    cwd: folder,
    env: {
      PATH: `${toolOnPath(notes)}:${process.env.PATH}`,
      REDUCTO_WEBHOOK_DEV_HOME: cli.dataDir,
      HOME: folder,
      HISTFILE: '', // or bash writes one when it ends
    },
  });
  onCleanup(() => terminal.kill());
  await terminal.type(`${take}; echo TAKEN:`);
  await terminal.press('Enter');
  await terminal.waitFor(/^TAKEN:/m, 60_000);
  return terminal;
}

const keys: Readonly<Record<string, string>> = { '>': 'Tab', '<': 'Left' };

describe.each(Object.entries(shells))('%s completes', (shell, { start, take }) => {
  test('commands, flags, words, ids, faults and filters; what comes from outside is only text', {
    timeout: 90_000,
  }, async () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'pay load.json'), '{}');
    mkdirSync(join(folder, 'sub dir'));
    const notes = join(tempDir(), 'notes');
    const terminal = await inShell(start, take, folder, notes);
    const noted = (): string[] => (existsSync(notes) ? readFileSync(notes, 'utf8').split('\n') : ['']);
    const { setting, cases: others } = more[shell] ?? { setting: ':', cases: [] };
    const lines = [...cases, [setting, null] as const, ...others];
    const args: string[] = [];
    for (const [typed, wanted] of lines) {
      const parts = typed.replace('$ ', 'reducto-webhook-dev ').match(/[<>]|[^<>]+/g)!;
      await waitFor(async () => (await terminal.about('pane_current_command')) === shell, {
        timeoutMs: 20_000,
      });
      await terminal.press(...parts.map((part) => keys[part] ?? part), 'Enter');
      if (wanted === null) continue;
      args.push([...wanted, ''].join('\t'));
      await waitFor(() => noted().length > args.length, { what: typed, timeoutMs: 20_000 });
    }
    expect(noted()).toEqual([...args, '']);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });
});
