import { readFileSync } from 'node:fs';
import { type Answer, answerText } from './format.ts';
import { type Line, readLine, type ShellName } from './line.ts';
import { pathsLike } from './paths.ts';
import { commandsOf, type Place, placeOf, type Suggestion, wordsLike } from './place.ts';
import { type CompletionTable, listed } from './spec.ts';

/**
 * Prints how the command line in COMP_LINE, which ends at the cursor, can go on. Nothing is printed of what goes wrong,
 * and nobody is kept waiting: whoever pressed Tab sees no suggestions then.
 * @param withinMs ms that a Tab may take: what is not found by then is not shown
 */
export async function answer(shell: ShellName, withinMs = 3000): Promise<void> {
  setTimeout(() => process.exit(), withinMs).unref();
  const { COMP_LINE = '', COMP_WORDBREAKS = '' } = process.env;
  try {
    const file = new URL('./completion.json', import.meta.url);
    const table = JSON.parse(readFileSync(file, 'utf8')) as CompletionTable;
    const line = readLine(COMP_LINE, shell, COMP_WORDBREAKS);
    const found = await suggest(table, placeOf(table, line.words.slice(1), line.typed), shell, line);
    process.stdout.write(answerText(shell, line, found));
  } catch {
    // See above.
  }
}

async function suggest(
  table: CompletionTable,
  place: Place,
  shell: ShellName,
  { kept }: Line,
): Promise<Answer> {
  const { suggestions, values, before, typed, dataDir } = place;
  if (values === null) return suggestions;
  // Where it does not break the word after `--flag=` (in quotes), bash takes the flag for a part of the path.
  const ownPaths = shell === 'bash' && kept < before.length;
  if ((values === 'files' || values === 'dirs') && !ownPaths) return values;
  const found = await valuesLike(table, values, typed, dataDir);
  // Of one way only bash closes an open quote, although the word goes on: so it is shown how.
  if (shell === 'bash' && found.length === 1 && found[0]!.open)
    found.push(...(await valuesLike(table, values, found[0]!.text, dataDir)));
  return [...suggestions, ...found.map((each) => ({ ...each, text: before + each.text }))];
}

async function valuesLike(
  table: CompletionTable,
  values: string,
  typed: string,
  dataDir: string | undefined,
): Promise<Suggestion[]> {
  const known = table.words[values];
  if (known) return wordsLike(known, typed);
  if (values === 'files' || values === 'dirs') return pathsLike(typed, values);
  if (values === 'commands') return commandsOf(table);
  const lookup = await import('./lookup.ts');
  if (values === 'filter') return lookup.filter(dataDir, typed);
  if (values === 'deliveries') return lookup.deliveries(dataDir, typed);
  if (values === 'jobs') return lookup.jobs(dataDir);
  return lookup.list(dataDir, listed[values as keyof typeof listed]);
}
