import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Language, Parser } from 'web-tree-sitter';
import { scripts } from '../../src/cli/completion/scripts.ts';
import { findNotifier } from '../../src/runtime/notify.ts';
import { tempDir } from '../support/cleanup.ts';
import { runCli } from '../support/cli.ts';

// There is no PowerShell in Debian, so what we hand it was never run. Its grammar reads our scripts all the same, and
// what the script of completion asks is answered.

let parser: Parser;
beforeAll(async () => {
  await Parser.init();
  parser = new Parser();
  const grammar = createRequire(import.meta.url).resolve(
    'tree-sitter-powershell/tree-sitter-powershell.wasm',
  );
  parser.setLanguage(await Language.load(grammar));
});

/** The way of Windows to show a notification. */
function toast(): string {
  const path = tempDir();
  writeFileSync(join(path, 'powershell.exe'), '', { mode: 0o755 });
  const way = findNotifier({ PATH: path }, 'win32');
  const script = way?.kind === 'program' ? way.args('').at(-1)! : '';
  return script.replace(/^\s*\[.*ContentType = WindowsRuntime\].*\n/, ''); // right, but not known to this grammar
}

test.each([
  ['completion', () => scripts.powershell],
  ['a notification', toast],
])('the script of %s is PowerShell', (_, script) => {
  const text = script();
  expect(text).toContain('$env:');
  expect(parser.parse(text)!.rootNode.hasError).toBe(false);
});

test('completion for it asks for text and help, parted by a tab', async () => {
  const [, asked] = /reducto-webhook-dev (__complete \w+)/.exec(scripts.powershell)!;
  const options = { env: { COMP_LINE: "reducto-webhook-dev list --filter 'status:" } };
  const { stdout } = await runCli(asked!.split(' '), options);
  const lines = stdout.split('\n').filter(Boolean);
  expect(lines).toContain('status:Failed\tstatus:Failed');
  for (const line of lines) expect(line).toMatch(/^[^\t]+\t[^\t]+$/);
});
