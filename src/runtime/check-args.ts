import * as z from 'zod';

const text = (help: string, value = 'value') => z.string().optional().describe(help).meta({ value });
/** As a command line gives it, where a number is text; a page may give either. */
const number = (help: string) =>
  z.union([z.string(), z.number()]).transform(String).optional().describe(help).meta({ value: 'n' });
const several = (help: string, value = 'value') =>
  z
    .union([z.array(z.string()), z.string().transform((one) => [one])])
    .default([])
    .describe(help)
    .meta({ value });
const flag = (help: string) => z.boolean().default(false).describe(help);

/** The arguments of `check`: durations and numbers as text, which check-options.ts reads. */
export const checkArgs = z.object({
  url: text('where the webhooks go, as in http://localhost:3000/webhook'),
  effects: several("a command whose output is a snapshot of your app's state", 'command'),
  effectsUrl: several('the same over HTTP', 'url'),
  effectsIgnore: several('a part of snapshots that is no effect (a regular expression)', 'pattern'),
  egress: flag("count your app's outgoing calls: a proxy, with mockttp from your project"),
  effectTime: text('time that an effect may take to appear (default: 5s)', 'duration'),
  quiet: text('time without a change that counts as quiet (default: found out)', 'duration'),
  start: text('start your app with this, and crash it too', 'command'),
  ready: text('answers once your app takes requests (with --start)', 'url'),
  endpoint: text('path of the webhook at the host of --ready', 'path'),
  prepare: text(
    'makes your app know a job ($JOB_ID, and $N, its number) before its webhook comes',
    'command',
  ),
  verify: text(
    'your own assertion, run after each check; exit code 0: it holds. It gets CHECK, JOB_ID and JOB_IDS (each must have had its effect once) and OTHER_JOB_IDS; checks then run one by one',
    'command',
  ),
  secret: text('expected metadata.secret (env: WEBHOOK_SECRET)'),
  svixSecret: text('sign deliveries as Svix does (env: SVIX_SECRET)', 'whsec'),
  metadata: several(
    "job metadata of every delivery: user_id=123 (text), pages:=3 (JSON), document='$JOB_ID' or '$N' (another for each job)",
    'key=value',
  ),
  only: several('only these checks (a,b or crash-*)', 'ids'),
  skip: several('all but these', 'ids'),
  seed: number('repeat what was drawn'),
  bail: flag('stop at the first error'),
  strict: flag('exit code 1 also when something could not be judged'),
  late: text('time after which the late duplicate comes, at least (default: 15s)', 'duration'),
  timeout: text('time that the app has for an answer (default: 15s, as Svix gives)', 'duration'),
  insecure: flag("take your app's certificate, whoever vouches for it; on this machine it always is"),
  emulatorPort: number(
    'port of the emulated API that your app fetches jobs from (default: 4142, any with --start; in a listen with an emulator that one)',
  ),
  explore: flag('search for a schedule of deliveries, failures and crashes that breaks the handler'),
  runs: number('with --explore: try so many schedules'),
  time: text('with --explore: search for so long (default: 60s)', 'duration'),
  reset: text("with --explore: puts your app's state back before each schedule", 'command'),
  /** Where the commands run, and what they find in their environment: those of whoever asks, not of the running tool. */
  cwd: z.string().optional().meta({ hidden: true }),
  environment: z.record(z.string(), z.string()).optional().meta({ hidden: true }),
  /** For the library: no other face can hand over a function. */
  effectsFunction: z
    .array(z.custom<() => unknown>((value) => typeof value === 'function'))
    .default([])
    .meta({ hidden: true }),
});

/** The arguments of `check`, as they were read. */
export type CheckArgs = z.output<typeof checkArgs>;
