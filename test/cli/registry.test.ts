import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readLock } from '../../src/inspector/lock.ts';
import { type CommandId, commands } from '../../src/runtime/commands/index.ts';
import { describeCommands } from '../../src/runtime/describe.ts';
import { formOf } from '../../src/view/forms.ts';
import { keyTable } from '../../src/view/keys/table.ts';
import { initialState } from '../../src/view/state.ts';
import { runCli, startCli } from '../support/cli.ts';
import { FakeSession } from '../tui/fixtures/fake-session.ts';

// The command table is the one list of what can be done: each command has every face, and no face knows another.

const ids = Object.keys(commands) as CommandId[];
const shown = ids.filter((id) => !('hidden' in commands[id]));

/** What the command line has besides the table: what starts the tool, and what is no command over a session. */
const programs = [
  ...['listen', 'check', 'emulate', 'submit', 'init', 'demo', 'tail', 'wait', 'completion', 'doctor'],
  ...['relay', 'inbox', 'mcp', 'help', 'reducto-webhook-dev'],
];

describe('every command of the table', () => {
  test('is a subcommand, and every subcommand is one of them or a program of its own', async () => {
    const { stdout } = await runCli(['--help']);
    const listed = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)\b/gm)].map(([, name]) => name!);
    for (const id of shown) expect(listed).toContain(id);
    expect(listed.filter((name) => !shown.includes(name as CommandId) && !programs.includes(name))).toEqual(
      [],
    );
  });

  test('is reached by the local API, which knows no other', async () => {
    const cli = startCli([]);
    await cli.ready;
    const { apiUrl, token } = readLock(cli.dataDir)!;
    const call = async (id: string): Promise<string> => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const url = new URL(`/api/commands/${id}`, apiUrl);
      // An argument that none has: it is refused by the command itself before anything is done.
      const response = await fetch(url, { method: 'POST', headers, body: '{"no such argument":1}' });
      return JSON.stringify(await response.json());
    };
    for (const id of ids) expect(await call(id)).toMatch(new RegExp(`"code":"arguments","message":"${id}: `));
    expect(await call('no-such-command')).toContain('There is no command');
    await cli.stop();
  });

  test('is an entry of the terminal’s list of commands', () => {
    const status = new FakeSession(0).status();
    const state = initialState(status, 0, { edits: true, keys: {}, commands: describeCommands() });
    const [field] = formOf('command').fields(state);
    expect(field).toMatchObject({ kind: 'choice', options: shown.map((id) => ({ id })) });
  });

  test('is a row of the reference', () => {
    const page = readFileSync('docs/commands.md', 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
    expect(rows).toEqual(shown);
  });
});

test('what keys run is in the table', () => {
  const run = keyTable.flatMap(({ runs = [] }) => runs);
  expect(run.filter((id) => !ids.includes(id))).toEqual([]);
  // Whatever a key runs says so: nothing of the session is touched behind the table's back.
  for (const row of keyTable)
    if (['run', 'ask', 'edit-replay', 'compare', 'work'].includes(row.action.type))
      expect([row.command, row.runs?.length]).toEqual([row.command, expect.any(Number)]);
});
