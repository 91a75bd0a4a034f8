import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A fenced block of a page that people read. */
export interface Example {
  /** `README.md:22`. */
  at: string;
  /** What stands behind the fence: `sh`, `ts` … */
  language: string;
  text: string;
}

const root = new URL('../../', import.meta.url);

/** The pages that are written by hand, or partly. */
const pages = [
  'README.md',
  ...readdirSync(new URL('docs/', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The lines of a page; those that are generated, which have tests of their own, are empty. */
const written = (page: string): string =>
  readFileSync(fileURLToPath(new URL(page, root)), 'utf8').replace(
    /<!-- generated -->.*<!-- \/generated -->/s,
    (part) => part.replaceAll(/[^\n]/g, ''),
  );

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** All fenced blocks, page by page. */
export const examples: readonly Example[] = pages.flatMap((page) => {
  const text = written(page);
  return [...text.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(
    ({ index, 1: indent, 2: language, 3: block }) => ({
      at: `${page}:${lineAt(text, index)}`,
      language: language!,
      text: block!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
});

/** The commands that stand in the middle of a sentence. */
export const inlineCommands: readonly Example[] = pages.flatMap((page) => {
  const text = written(page).replaceAll(/^( *)```.*?^\1```$/gms, (block) => block.replaceAll(/[^\n]/g, ''));
  return [...text.matchAll(/`((?:npx )?reducto-webhook-dev [^`]+|npm start [^`]+)`/g)].map(
    ({ index, 1: command }) => ({ at: `${page}:${lineAt(text, index)}`, language: 'sh', text: command! }),
  );
});
