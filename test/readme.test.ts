import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checks } from '../src/checks/table/index.ts';
import { faultKinds, qualifiedName } from '../src/core/faults/index.ts';
import { filterFields } from '../src/core/filter.ts';
import { version } from '../src/core/version.ts';
import { emulatorSettings } from '../src/emulator/settings.ts';
import { type CommandId, commands } from '../src/runtime/commands/index.ts';
import { settings } from '../src/runtime/settings.ts';
import { keysMarkdown } from '../src/view/keys.ts';
import { outputEventSchema } from './support/event-schema.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

/** The README's generated parts, by name; each stands between `<!-- name -->` and `<!-- /name -->`. */
const parts: Record<string, () => string> = {
  settings: () =>
    table(
      ['Flag', 'Config key', 'Environment', 'What it does'],
      Object.entries(settings).map(([name, setting]) => [
        'flag' in setting ? `\`${setting.flag}\`` : '`[endpoint…]`',
        `\`${name}\``,
        'env' in setting ? `\`${setting.env}\`` : name === 'color' ? '`NO_COLOR`' : '',
        setting.help,
      ]),
    ),
  emulator: () =>
    table(
      ['Setting', 'Default', 'What it is'],
      Object.entries(emulatorSettings).map(([name, setting]) => [
        `\`${name}\``,
        setting.default === '' ? '' : `\`${setting.default.replace(version, 'VERSION')}\``,
        `${setting.help}${setting.assumed ? ' (*assumed*)' : ''}`,
      ]),
    ),
  commands: () =>
    table(
      ['Command', 'What it does', 'Example'],
      (Object.keys(commands) as CommandId[]).map((id) => [
        `\`${id}\``,
        commands[id].help,
        `\`${`${id} ${commands[id].example}`.trim()}\``,
      ]),
    ),
  faults: () =>
    table(
      ['Fault', 'Hits', 'What it does', 'Example'],
      faultKinds.map((kind) => [
        `\`${qualifiedName(kind)}${kind.form === null ? '' : ` ${kind.form}`}\``,
        kind.direction === 'app' ? 'the app' : 'the sender',
        kind.help,
        `\`${kind.example}\``,
      ]),
    ),
  filter: () =>
    table(
      ['Field', 'What it is', 'Example'],
      Object.entries(filterFields).map(([name, { help, example }]) => [
        `\`${name}\``,
        help,
        `\`${example}\``,
      ]),
    ),
  checks: () =>
    table(
      ['Check', 'Severity', 'What it proves'],
      checks.map(({ id, severity, proves }) => [`\`${id}\``, severity, proves]),
    ),
  keys: keysMarkdown,
  events: () => `\`\`\`json\n${JSON.stringify(z.toJSONSchema(outputEventSchema), null, 1)}\n\`\`\``,
};

const path = new URL('../README.md', import.meta.url);

function generated(readme: string): string {
  return Object.entries(parts).reduce((text, [name, make]) => {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(open), text.indexOf(close)];
    if (from === -1 || to === -1) throw new Error(`README.md lacks ${open} … ${close}`);
    return `${text.slice(0, from + open.length)}\n${make()}\n${text.slice(to)}`;
  }, readme);
}

describe('the README', () => {
  test('has the tables that the code has (npm run docs writes them)', () => {
    const readme = readFileSync(path, 'utf8');
    const expected = generated(readme);
    if (process.env.UPDATE_DOCS) writeFileSync(path, expected);
    else expect(readme).toBe(expected);
  });
});
