import type { Command } from 'commander';

/** What commander read for `check`. */
export interface CheckFlags {
  effects: string[];
  effectsUrl: string[];
  effectsIgnore: string[];
  egress?: boolean;
  effectTime?: string;
  quiet?: string;
  start?: string;
  ready?: string;
  endpoint?: string;
  prepare?: string;
  secret?: string;
  svixSecret?: string;
  metadata: string[];
  only: string[];
  skip: string[];
  list?: boolean;
  seed?: string;
  bail?: boolean;
  strict?: boolean;
  late?: string;
  timeout?: string;
  insecure?: boolean;
  emulatorPort?: string;
  reporter?: string;
  reportFile?: string;
  explore?: boolean;
  runs?: string;
  time?: string;
  reset?: string;
  script?: string;
  data?: string;
}

const several = (value: string, before: string[]): string[] => [...before, value];

/** Declares the flags of `check`. */
export function declareCheck(command: Command): void {
  command
    .argument('[url]', 'where the webhooks go, as in http://localhost:3000/webhook')
    .option(
      '--effects <command>',
      "a command whose output is a snapshot of your app's state; may be repeated",
      several,
      [],
    )
    .option('--effects-url <url>', 'the same over HTTP; may be repeated', several, [])
    .option(
      '--effects-ignore <pattern>',
      'a part of snapshots that is no effect (a regular expression); may be repeated',
      several,
      [],
    )
    .option('--egress', "count your app's outgoing calls: a proxy, with mockttp from your project")
    .option('--effect-time <duration>', 'time that an effect may take to appear (default: 5s)')
    .option('--quiet <duration>', 'time without a change that counts as quiet (default: found out)')
    .option('--start <command>', 'start your app with this, and crash it too')
    .option('--ready <url>', 'answers once your app takes requests (with --start)')
    .option('--endpoint <path>', 'path of the webhook at the host of --ready')
    .option(
      '--prepare <command>',
      'makes your app know a job ($JOB_ID, and $N, its number) before its webhook comes',
    )
    .option('--secret <value>', 'expected metadata.secret (env: WEBHOOK_SECRET)')
    .option('--svix-secret <whsec>', 'sign deliveries as Svix does (env: SVIX_SECRET)')
    .option(
      '--metadata <key=value>',
      "job metadata of every delivery: user_id=123 (text), pages:=3 (JSON), document='$JOB_ID' or '$N' (another for each job); may be repeated",
      several,
      [],
    )
    .option('--list', 'show the checks')
    .option('--only <ids>', 'only these checks (a,b or crash-*); may be repeated', several, [])
    .option('--skip <ids>', 'all but these; may be repeated', several, [])
    .option('--seed <n>', 'repeat what was drawn')
    .option('--bail', 'stop at the first error')
    .option('--strict', 'exit code 1 also when something could not be judged')
    .option('--late <duration>', 'wait so long before the late duplicate (default: not at all)')
    .option('--timeout <duration>', 'time that the app has for an answer (default: 15s, as Svix gives)')
    .option('--insecure', "take your app's certificate, whoever vouches for it; on this machine it always is")
    .option(
      '--emulator-port <n>',
      'port of the emulated API that your app fetches jobs from (default: 4142, any with --start)',
    )
    .option('--reporter <name>', 'junit, json, markdown or github (default: for people)')
    .option('--report-file <file>', 'where that goes (default: standard output)')
    .option('--explore', 'search for a schedule of deliveries, failures and crashes that breaks the handler')
    .option('--runs <n>', 'with --explore: try so many schedules')
    .option('--time <duration>', 'with --explore: search for so long (default: 60s)')
    .option('--reset <command>', "with --explore: puts your app's state back before each schedule")
    .option(
      '--script <file>',
      'with --explore: where the script of curl commands goes (default: it is printed)',
    )
    .option('--data <dir>', "where the history is kept (default: the platform's data directory)");
}
