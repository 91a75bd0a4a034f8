import type { Command } from 'commander';
import { settings } from '../runtime/settings.ts';
import { type SampleLanguage, samples } from './samples.ts';
import { submitFlags } from './submit-options.ts';

/** Adds the commands that stand beside the command table: they do their work in a process of their own. */
export function addOwnCommands(program: Command): void {
  addDemo(program);
  addInit(program);
  addSubmit(program);
}

function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('See in thirty seconds what this is for: everything at once, on this machine only')
    .option('--output <format>', 'tui or plain (default: tui on a terminal, else plain)')
    .option(settings.color.flag, settings.color.help)
    .addHelpText('after', '\nExample:\n  reducto-webhook-dev demo')
    .action(async (options: { output?: string; color?: boolean }) =>
      (await import('./demo.ts')).demo(options),
    );
  // commander gives every --no-x a default, which would hide what the environment says.
  command.setOptionValue('color', undefined);
}

function addInit(program: Command): void {
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

function addSubmit(program: Command): void {
  const command = program
    .command('submit')
    .description("Submit a job to Reducto with this tool's public URL as its webhook, and wait for that")
    .argument('[input]', 'a file, which is uploaded, or a https://, reducto:// or jobid:// URL');
  for (const [flag, help] of submitFlags) command.option(flag, help);
  command
    .option('--output <format>', 'plain or json (one object a line)')
    .option('--data <dir>', settings.data.help)
    .addHelpText(
      'after',
      `
The API key is read from REDUCTO_API_KEY, the base URL from REDUCTO_BASE_URL (default: https://platform.reducto.ai).
Exit code 1: the job failed, or the app did not take the webhook.

Examples:
  reducto-webhook-dev submit invoice.pdf --path /webhook --metadata user_id=123
  reducto-webhook-dev submit https://example.com/a.pdf --type extract --schema schema.json --result
  reducto-webhook-dev submit invoice.pdf --emulator`,
    )
    .action(async (input: string | undefined, options: Record<string, unknown>) => {
      const { submit } = await import('./submit.ts');
      await submit(input, options);
    });
}
