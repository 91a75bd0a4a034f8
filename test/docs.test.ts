import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { scenarioJsonSchema } from '../src/checks/scenario/schema.ts';
import { checks } from '../src/checks/table/index.ts';
import { faultKinds, qualifiedName } from '../src/core/faults/index.ts';
import { filterFields } from '../src/core/filter.ts';
import { ruleKinds } from '../src/core/rules/kinds.ts';
import { version } from '../src/core/version.ts';
import { emulatorSettings } from '../src/emulator/settings.ts';
import { defaultInspectorPort } from '../src/inspector/local-api.ts';
import { openApi } from '../src/inspector/openapi/document.ts';
import { type CommandId, commands } from '../src/runtime/commands/index.ts';
import { settings } from '../src/runtime/settings.ts';
import { keysMarkdown } from '../src/view/keys/reference.ts';
import { apiReference } from './support/api-reference.ts';
import { outputEventSchema } from './support/event-schema.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

/** The generated part of each page of docs/, between `<!-- generated -->` and `<!-- /generated -->`. */
const parts: Record<string, () => string> = {
  settings: () =>
    table(
      ['Flag', 'Config key', 'Environment', 'What it does'],
      Object.entries(settings).flatMap(([name, setting]) => [
        [
          'flag' in setting ? `\`${setting.flag}\`` : name === 'endpoint' ? '`[endpoint…]`' : '',
          `\`${name}\``,
          'env' in setting ? `\`${setting.env}\`` : name === 'color' ? '`NO_COLOR`' : '',
          setting.help,
        ],
        ...('flags' in setting ? Object.values(setting.flags) : []).map(({ flag, help }) => [
          `\`${flag}\``,
          `\`${name}\``,
          '',
          help,
        ]),
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
      (Object.keys(commands) as CommandId[])
        .filter((id) => !('hidden' in commands[id]))
        .map((id) => [`\`${id}\``, commands[id].help, `\`${`${id} ${commands[id].example}`.trim()}\``]),
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
  rules: () =>
    table(
      ['Rule', 'What it does', 'Example'],
      Object.entries(ruleKinds).map(([kind, { form, help, example }]) => [
        `\`--${kind} <${form}>\``,
        help,
        `\`${example}\``,
      ]),
    ),
  filters: () =>
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
  scenarios: () =>
    table(
      ['Step', 'What happens', 'With it'],
      scenarioSteps().map(({ const: word, description = '', properties = {} }) => {
        const [name, ...more] = Object.entries(properties.expect?.properties ?? properties);
        const told = properties.expect ? [name!, ...more] : more;
        return [
          `\`${word ?? Object.keys(properties)[0]}\``,
          description,
          told
            .map(([key, part]) => `\`${key}\`${part.description ? `: ${part.description}` : ''}`)
            .join('<br>'),
        ];
      }),
    ),
  keys: keysMarkdown,
  testing: () =>
    Object.entries({
      pytest: { 'conftest.py': 'python', 'test_webhook.py': 'python' },
      go: { 'webhook_test.go': 'go' },
    })
      .flatMap(([name, given]) => [
        `## ${name === 'go' ? 'Go' : name}`,
        ...Object.entries(given).map(([file, language]) => {
          const text = readFileSync(new URL(`testing/${name}/${file}`, docs), 'utf8');
          return `[${file}](testing/${name}/${file}):\n\n\`\`\`${language}\n${text}\`\`\``;
        }),
      ])
      .join('\n\n'),
  api: () => apiReference(openApi(defaultInspectorPort), table),
};

/** A part of the schema of scenarios. */
interface Part {
  const?: string;
  description?: string;
  properties?: Record<string, Part>;
  items?: { anyOf: Part[] };
}

const scenarioSteps = (): Part[] => (scenarioJsonSchema() as Part).properties!.steps!.items!.anyOf;

const docs = new URL('../docs/', import.meta.url);

/** The files of docs/ as the code has them; what is written by hand stays. */
const files: Record<string, () => string> = {
  'output.schema.json': () => `${JSON.stringify(z.toJSONSchema(outputEventSchema), null, 1)}\n`,
  ...Object.fromEntries(
    Object.entries(parts).map(([name, make]) => [
      `${name}.md`,
      () => {
        const page = readFileSync(new URL(`${name}.md`, docs), 'utf8');
        const generated = `<!-- generated -->\n${make()}\n<!-- /generated -->`;
        expect(page).toContain('<!-- generated -->');
        return page.replace(/<!-- generated -->.*<!-- \/generated -->/s, () => generated);
      },
    ]),
  ),
};

describe('the reference in docs/', () => {
  test.each(Object.keys(files))('%s is what the code has (npm run docs writes it)', (name) => {
    const path = new URL(name, docs);
    const expected = files[name]!();
    if (process.env.UPDATE_DOCS) writeFileSync(path, expected);
    else expect(readFileSync(path, 'utf8')).toBe(expected);
  });

  test('has no page that nothing leads to', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
    for (const page of pages) expect(readme).toContain(`(docs/${page})`);
  });
});

describe('the README', () => {
  test('is a page that a person reads', () => {
    const lines = readFileSync(new URL('../README.md', import.meta.url), 'utf8').split('\n');
    expect(lines.length).toBeLessThan(300);
  });
});
