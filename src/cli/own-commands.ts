import type { Command } from 'commander';
import { usageError } from '../core/errors.ts';
import { settings } from '../runtime/settings.ts';
import { tunnelSettings } from '../runtime/tunnel-settings.ts';
import { shellNames } from './completion/line.ts';
import { howToInstall, scripts } from './completion/scripts.ts';
import type { InboxFlags } from './inbox.ts';
import { relaySettings } from './relay-options.ts';
import { type SampleLanguage, samples } from './samples.ts';
import { submitFlags } from './submit-options.ts';
import type { TailFlags } from './tail.ts';
import type { WaitFlags } from './wait.ts';

/** Adds the commands that stand beside the command table: they do their work in a process of their own. */
export function addOwnCommands(program: Command): void {
  addDemo(program);
  addInit(program);
  addSubmit(program);
  addTail(program);
  addWait(program);
  addCompletion(program);
  addDoctor(program);
  addRelay(program);
  addInbox(program);
}

function addTail(program: Command): void {
  program
    .command('tail')
    .description('Follow what the running tool tells, as lines of JSON')
    .option('--filter <query>', 'only what belongs to deliveries that match, e.g. code:>=500')
    .option('--since <when>', 'begin with what came since then: 10m, 2h, or a date (default: now)')
    .option('--show-secrets', 'leave secrets readable')
    .option('--output <format>', 'json (as listen --output json has it) or plain (default: json)')
    .option('--data <dir>', settings.data.help)
    .addHelpText(
      'after',
      `
It goes on after a lost connection and a restart, and misses no delivery by that. Ctrl-C ends it.

Examples:
  reducto-webhook-dev tail --filter 'code:>=500'
  reducto-webhook-dev tail --since 10m | jq -r 'select(.type=="delivery").delivery.jobId'`,
    )
    .action(async (flags: TailFlags) => (await import('./tail.ts')).tail(flags));
}

function addWait(program: Command): void {
  program
    .command('wait')
    .description('Wait for deliveries that match, for scripts: print them and end')
    .option('--filter <query>', 'what they have to match, e.g. status:completed (default: any delivery)')
    .option('--count <n>', 'how many (default: 1)')
    .option('--timeout <duration>', 'how long at most (default: 60s)')
    .option('--since <when>', 'also those that came since then: 10m, 2h, or a date (default: only new ones)')
    .option('--any', 'also those that are there already')
    .option('--show-secrets', 'leave secrets readable')
    .option('--output <format>', 'plain or json (one object a line, as of list)')
    .option('--data <dir>', settings.data.help)
    .addHelpText(
      'after',
      `
Exit code 0: there were enough; 1: the time was over first.

Examples:
  reducto-webhook-dev wait --filter 'status:completed AND outcome:ok' --timeout 2m
  reducto-webhook-dev wait --filter metadata.user_id:123 --count 3 --since 1m --output json`,
    )
    .action(async (flags: WaitFlags) => (await import('./wait.ts')).wait(flags));
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
    .description('Write a correct webhook handler to start from, or have an AI agent know this tool')
    .option('--lang <name>', languages.join(', '))
    .option(
      '--agent [client]',
      'add the MCP server (and a skill) to the project for claude (when left out), cursor or vscode (may be repeated)',
      (client: string, before: string[] | undefined) => [...(before ?? []), client],
    )
    .option('--dir <folder>', 'where to (default: here)')
    .addHelpText(
      'after',
      '\nExamples:\n  reducto-webhook-dev init --lang node\n  reducto-webhook-dev init --agent cursor',
    )
    .action(async ({ agent, ...options }: { lang?: string; dir?: string; agent?: string[] | true }) => {
      if (agent === undefined) return (await import('./init.ts')).init(options);
      if (options.lang !== undefined)
        throw usageError('agent', 'Either --lang or --agent: one after the other.');
      (await import('./init-agent.ts')).initAgent(agent === true ? [] : agent, options.dir);
    });
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

function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('Print what makes your shell complete commands, flags, ids, faults and filters')
    .argument('<shell>', shellNames.join(', '))
    .addHelpText('after', `\n${howToInstall}\n\nExample:\n  eval "$(reducto-webhook-dev completion bash)"`)
    .action((shell: string) => {
      const known = shellNames.find((name) => name === shell);
      if (known === undefined)
        throw usageError('shell', `"${shell}" is no shell that can be helped: use ${shellNames.join(', ')}.`);
      process.stdout.write(scripts[known]);
    });
  // For the build, which keeps it beside the program: a Tab has no time to put it together.
  program.command('completion-table', { hidden: true }).action(async () => {
    const { completionTable } = await import('./completion/table.ts');
    process.stdout.write(JSON.stringify(completionTable(program)));
  });
}

function addDoctor(program: Command): void {
  const { tunnel, tunnelHost, tunnelCommand, publicUrl } = tunnelSettings;
  const { data, insecure } = settings;
  const command = program
    .command('doctor')
    .description('Say what is right and wrong on this machine for this tool, and what to do about it')
    .argument('[endpoint...]', 'your app: a port or URL; it gets one POST of {} (default: as listen has it)')
    .option('--json', 'the same as --output json')
    .option('--output <format>', 'plain or json (one object)');
  for (const { flag, help } of [tunnel, tunnelHost, tunnelCommand, publicUrl, insecure, data])
    command.option(flag!, help);
  command.option(
    '--time-url <url>',
    'a server whose answers have the right time in their Date (default: three public ones)',
  );
  command
    .addHelpText(
      'after',
      `
It uses what listen would: the config file, the environment, and REDUCTO_API_KEY, which is not printed.
Exit code 1: something that matters is wrong (✗); ! may matter, · is only told.

Examples:
  reducto-webhook-dev doctor
  reducto-webhook-dev doctor http://localhost:3000/webhook --json`,
    )
    .action(async (endpoint: string[], flags: Record<string, unknown>) =>
      (await import('./doctor.ts')).doctor(endpoint, flags),
    );
}

function addRelay(program: Command): void {
  const command = program
    .command('relay')
    .description('Run the public end: inboxes that keep webhooks while nobody listens, for a team')
    .addHelpText(
      'after',
      `
It logs one line of JSON for each thing that happens, and no body and no key. SIGTERM sends listeners elsewhere first.

Examples:
  reducto-webhook-dev relay --port 8080 --public-url https://hooks.example.com
  reducto-webhook-dev relay --backend nats --nats-url nats://n1:4222,nats://n2:4222,nats://n3:4222
  reducto-webhook-dev 3000 --relay https://hooks.example.com --inbox invoices`,
    )
    .action(async (flags: Record<string, unknown>) => (await import('./relay.ts')).relay(flags));
  for (const { flag, help } of Object.values(relaySettings)) command.option(flag, help);
}

function addInbox(program: Command): void {
  program
    .command('inbox')
    .description('Print the key of an inbox on a relay, for those who are to share it')
    .argument('<what>', 'key')
    .option('--inbox <name>', 'of which inbox (default: all that have a key here)')
    .option('--relay <url>', 'on which relay')
    .option('--output <format>', 'plain or json (default: plain)')
    .option('--data <dir>', settings.data.help)
    .addHelpText(
      'after',
      `
Who has the key reads the inbox and answers its senders: hand it on as you would a password.

Examples:
  reducto-webhook-dev inbox key --inbox invoices
  REDUCTO_WEBHOOK_DEV_INBOX_KEY=… reducto-webhook-dev 3000 --relay https://hooks.example.com --inbox invoices`,
    )
    .action(async (what: string, flags: InboxFlags) => {
      if (what !== 'key') throw usageError('inbox', `inbox ${what}: use inbox key.`);
      (await import('./inbox.ts')).inboxKey(flags);
    });
}
