import { defaultKeys } from './defaults.ts';
import { placesOf } from './keymap.ts';
import { keyLabel } from './labels.ts';
import { categories } from './row.ts';
import { keyTable } from './table.ts';

/** The reference's tables of keys, one for each category. */
export const keysMarkdown = (): string =>
  categories
    .map((category) => {
      const rows = keyTable
        .filter((row) => row.category === category)
        .map((row) => {
          const keys = defaultKeys[row.command].map((key) => `\`${keyLabel(key)}\``).join(' ');
          return `| ${keys} | \`${row.command}\` | ${placesOf(row)} | ${row.help} |`;
        });
      return [
        `## ${category}`,
        '',
        '| Key | Command | Where | What it does |',
        '| --- | --- | --- | --- |',
        ...rows,
      ].join('\n');
    })
    .join('\n\n');
