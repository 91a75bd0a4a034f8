import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { bin, type RunningCli, runCli, startCli } from '../support/cli.ts';
import { startTerminal, type TmuxTerminal } from '../support/tmux.ts';
import { waitFor } from '../support/wait.ts';

// The scripts that `completion` prints, in the shells that they are for. PowerShell is not in Debian: its script was
// read and not run.

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

/** What is typed, where > is the Tab key, and the arguments that the tool then gets. */
const cases: readonly (readonly [typed: string, args: readonly string[]])[] = [
  ['emulator-f>', ['emulator-faults']],
  ['list --fil>x', ['list', '--filter', 'x']],
  ['list --from ol>', ['list', '--from', 'oldest']],
  ['list --from=ol>', ['list', '--from=oldest']],
  ['list --limit >7', ['list', '--limit', '7']],
  ['list --filter stat>f>', ['list', '--filter', 'status:failed']],
  ['list --filter=status:f>', ['list', '--filter=status:failed']],
  ['list --filter "outcome:ok AND status:F>', ['list', '--filter', 'outcome:ok AND status:Failed']],
  ['list --filter \'metadata.who:"$>', ['list', '--filter', `metadata.who:"${hostile}"`]],
  ['list --filter metadata.who:\\"\\$>', ['list', '--filter', `metadata.who:"${hostile}"`]],
  ['replay last --fault dup>>', ['replay', 'last', '--fault', 'duplicate=2,concurrent']],
  ["replay last --fault 'drop dela>2s'", ['replay', 'last', '--fault', 'drop delay=2s']],
  ['check --only once,duplicate-s>', ['check', '--only', 'once,duplicate-sequential']],
  ['show la>', ['show', 'last']],
  ['job 01>', ['job', '0123-ann']],
  ['trigger --payload pay>', ['trigger', '--payload', 'payload.json']],
  ['help rep>', ['help', 'replay']],
];

/** A folder for PATH with the tool in it: it answers a shell, and of any other call it notes the arguments. */
function toolOnPath(notes: string): string {
  const dir = join(tempDir(), 'bin');
  mkdirSync(dir);
  const note = `require('fs').appendFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)) + '\\n')`;
  writeFileSync(
    join(dir, 'reducto-webhook-dev'),
    `#!/bin/sh
case $1 in
  completion | __complete) exec "${process.execPath}" "${bin}" "$@" ;;
  *) exec "${process.execPath}" -e "${note}" "${notes}" "$@" ;;
esac
`,
    { mode: 0o755 },
  );
  return dir;
}

async function withDeliveries(): Promise<RunningCli> {
  const cli = startCli([]);
  await cli.ready;
  const trigger = (...args: string[]) => runCli(['trigger', ...args], { dataDir: cli.dataDir });
  await trigger('parse.failed', '--metadata', `who=${hostile}`);
  await trigger('parse.completed', '--metadata', 'who=ann', '--job-id', '0123-ann');
  return cli;
}

async function inShell(
  start: string,
  take: string,
  cli: RunningCli,
  folder: string,
  notes: string,
): Promise<TmuxTerminal> {
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
  await terminal.waitFor(/^TAKEN:/m, 20_000);
  return terminal;
}

describe.each(Object.entries(shells))('%s completes', (_, { start, take }) => {
  test('commands, flags, words, ids, faults and filters; what comes from outside is only text', {
    timeout: 90_000,
  }, async () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'payload.json'), '{}');
    const notes = join(tempDir(), 'notes');
    const terminal = await inShell(start, take, await withDeliveries(), folder, notes);
    const noted = (): string[] => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []);
    for (const [i, [typed]] of cases.entries()) {
      await terminal.type('reducto-webhook-dev ');
      for (const [part] of typed.matchAll(/>|[^>]+/g))
        await (part === '>' ? terminal.press('Tab') : terminal.type(part));
      await terminal.press('Enter');
      await waitFor(() => noted().length > i, { what: typed });
    }
    expect(noted()).toEqual(cases.map(([, args]) => JSON.stringify(args)));
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });
});
