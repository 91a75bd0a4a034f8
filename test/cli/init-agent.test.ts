import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { initAgent } from '../../src/cli/init-agent.ts';
import { tempDir } from '../support/cleanup.ts';
import { callCli, runCli } from '../support/cli.ts';

const skill = '.claude/skills/reducto-webhooks/SKILL.md';
const server = { command: 'npx', args: ['-y', 'reducto-webhook-dev', 'mcp'] };

const folderWith = (files: Record<string, string>): string => {
  const dir = tempDir();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return dir;
};
const read = (dir: string, path: string): string => readFileSync(join(dir, path), 'utf8');

/** What it says; nothing reaches the test's own output. */
function run(clients: string[], dir: string): string {
  let said = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  try {
    initAgent(clients, dir);
    return said;
  } finally {
    write.mockRestore();
  }
}

test('the command line writes for Claude Code, and finds it there the next time', async () => {
  const cwd = tempDir();
  const { code, stdout } = await runCli(['init', '--agent'], { cwd });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^Wrote \.mcp\.json\nWrote \.claude\/skills\//)]);
  expect(JSON.parse(read(cwd, '.mcp.json'))).toEqual({ mcpServers: { 'reducto-webhook-dev': server } });
  expect(read(cwd, skill)).toMatch(/^---\nname: reducto-webhooks\ndescription: .{50,1024}\n---\n/);
  const before = read(cwd, '.mcp.json');
  const again = await callCli(['init', '--agent', 'claude'], { cwd });
  expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^Found \.mcp\.json\nFound /)]);
  expect(read(cwd, '.mcp.json')).toBe(before);
});

test('each client has a file of its own', () => {
  const dir = tempDir();
  run(['cursor', 'vscode'], dir);
  expect(JSON.parse(read(dir, '.cursor/mcp.json'))).toEqual({
    mcpServers: { 'reducto-webhook-dev': server },
  });
  expect(JSON.parse(read(dir, '.vscode/mcp.json'))).toEqual({
    servers: { 'reducto-webhook-dev': { type: 'stdio', ...server } },
  });
  expect(readdirSync(dir).sort()).toEqual(['.cursor', '.vscode']);
});

test('what is in the file stays as it is, comments and all', () => {
  const given =
    '// of the team\n{\n  "inputs": [],\n  "servers": {\n    "other": { "command": "x" }, // ours\n  },\n}\n';
  const dir = folderWith({ '.vscode/mcp.json': given });
  expect(run(['vscode'], dir)).toMatch(/^Added to .*mcp\.json/);
  const text = read(dir, '.vscode/mcp.json');
  for (const line of ['// of the team', '"inputs": []', '"other": { "command": "x" }', '// ours'])
    expect(text).toContain(line);
  expect(text).toContain('"reducto-webhook-dev": {\n      "type": "stdio"');
});

test.each<[string, Record<string, string>, RegExp]>([
  ['no JSON', { '.mcp.json': '{"mcpServers": {' }, /\.mcp\.json can't be read \(\w+\): nothing was written/],
  ['a list', { '.mcp.json': '[]' }, /no object of "mcpServers"/],
  ['servers that are a list', { '.mcp.json': '{"mcpServers": []}' }, /no object of "mcpServers"/],
  [
    'another server of that name',
    { '.mcp.json': '{"mcpServers": {"reducto-webhook-dev": {"command": "mine"}}}' },
    /another server "reducto-webhook-dev": nothing was written/,
  ],
  ['a skill that was changed', { [skill]: 'mine' }, /SKILL\.md is another one: nothing was written/],
])('of two clients nothing is written where one has %s', (_, files, message) => {
  const dir = folderWith(files);
  expect(() => run(['cursor', 'claude'], dir)).toThrow(message);
  expect(readdirSync(dir)).toEqual([Object.keys(files)[0]!.split('/')[0]]);
  for (const [path, text] of Object.entries(files)) expect(read(dir, path)).toBe(text);
});

test('wrong use', async () => {
  expect(() => run(['emacs'], tempDir())).toThrow(/--agent: "emacs" is not one of claude, cursor, vscode/);
  const { code, stderr } = await callCli(['init', '--lang', 'node', '--agent']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('Either --lang or --agent')]);
});
