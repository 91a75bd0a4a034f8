import type { Command } from 'commander';
import { type SampleLanguage, samples } from './samples.ts';

/** Adds the commands that stand beside the command table: they work on the user's folder, not on a history. */
export function addOwnCommands(program: Command): void {
  const languages = (Object.keys(samples) as SampleLanguage[]).map(
    (name) => `${name} (${samples[name].title})`,
  );
  program
    .command('init')
    .description('Write a correct webhook handler to start from')
    .option('--lang <name>', languages.join(', '))
    .option('--dir <folder>', 'where to (default: here)')
    .addHelpText('after', '\nExample:\n  reducto-webhook-dev init --lang node')
    .action(async (options: { lang?: string; dir?: string }) => (await import('./init.ts')).init(options));
}
