import { quote } from '../../core/curl.ts';
import { webhookBody } from '../../core/trigger-events.ts';
import { describe, jobsOf, type Schedule, type Step } from './schedule.ts';

/** What a script has to know of the app. */
export interface ScriptSetting {
  /** Where the webhooks go, in full. */
  url: string;
  /** Metadata of the deliveries; the secret is not in it. */
  metadata: Readonly<Record<string, unknown>>;
  /** How deliveries are made to be believed. */
  guard: 'none' | 'secret' | 'svix';
  /** Whether the app fetches its jobs: then the script makes them at the emulated API. */
  fetches: boolean;
  /** ms that a clean delivery needs until its answer, and from there to its effect. */
  answerMs: number;
  effectMs: number;
  /** How the app is started and when it is ready; null when the user does that. */
  start: { command: string; readyUrl: string } | null;
  /** The command that makes the app know a job. */
  prepare: string | undefined;
  reset: string | undefined;
  /** Lines of the head, as comments. */
  about: readonly string[];
}

/** A script for bash that makes a schedule happen with curl, on fresh jobs. */
export function toScript(schedule: Schedule, setting: ScriptSetting): string {
  const { guard, fetches, start, reset } = setting;
  const jobs = jobsOf(schedule);
  const lines = [
    '#!/usr/bin/env bash',
    ...setting.about.map((line) => `# ${line}`),
    'set -u',
    `URL=${quote(setting.url)}`,
    ...(guard === 'secret' ? [`: "\${WEBHOOK_SECRET:?set it to the expected metadata.secret}"`] : []),
    ...(guard === 'svix' ? [`: "\${SVIX_SECRET:?set it to the whsec_… of the endpoint}"`] : []),
    ...(fetches
      ? [
          '# Run this beside it, and start the app with the same variable: npx reducto-webhook-dev emulate',
          `: "\${REDUCTO_BASE_URL:?set it to the URL of the emulated API}"; export REDUCTO_BASE_URL`,
        ]
      : []),
    'sent=(); acknowledged=$(mktemp -d); trap \'rm -r "$acknowledged"\' EXIT',
    '',
    ...bodyFunction(setting),
    ...(guard === 'svix' ? svixFunctions : []),
    ...deliverFunctions(guard),
    ...(fetches ? jobFunctions : []),
    ...(start === null ? [] : startFunction(start)),
    '',
    ...(reset === undefined ? [] : [reset]),
    ...(start === null ? [] : ['start']),
    ...jobs.flatMap((job) => newJob(job, setting)),
    '',
    ...schedule.flatMap((step) => [`echo ${quote(`- ${describe(step)}`)}`, ...commandsOf(step, setting)]),
    '',
    "echo '- the retries that are due'",
    ...jobs.filter((job) => schedule.some((step) => delivers(step, job))).map((job) => `retry ${ref(job)}`),
    '',
    "echo 'Now look at the effects of:'",
    ...jobs.map((job) => `echo "  job ${job + 1}: $JOB${job + 1}"`),
    ...(start === null ? [] : ['read -r -p "Enter ends the app. "', 'kill -9 -- "-$APP"']),
  ];
  return `${lines.join('\n')}\n`;
}

const ref = (job: number): string => `"$JOB${job + 1}"`;

const delivers = (step: Step, job: number): boolean =>
  step.kind === 'deliver'
    ? step.jobs.includes(job)
    : (step.kind === 'lose-ack' || step.kind === 'hang-up' || step.kind === 'crash') && step.job === job;

function newJob(job: number, { fetches, prepare }: ScriptSetting): string[] {
  const id = fetches
    ? '$(new_job)'
    : '$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen | tr A-Z a-z)';
  return [
    `JOB${job + 1}=${id}`,
    ...(prepare === undefined ? [] : [`JOB_ID=${ref(job)} sh -c ${quote(prepare)}`]),
  ];
}

/** `body JOB [SECRET]` prints what Reducto would send. */
function bodyFunction({ guard, metadata }: ScriptSetting): string[] {
  const [jobMark, secretMark] = ['@job@', '@secret@'];
  const shown = guard === 'secret' ? { ...metadata, secret: secretMark } : metadata;
  const text = Buffer.from(webhookBody('Completed', jobMark, shown)).toString();
  const format = text
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%')
    .replace(jobMark, '%s')
    .replace(secretMark, '%s');
  const secret = guard === 'secret' ? ` "\${2:-$WEBHOOK_SECRET}"` : '';
  return [`body() { printf ${quote(format)} "$1"${secret}; }`];
}

const svixFunctions = [
  '# sign JOB [SIGNATURE]: the same svix-id for every attempt of a job, a new timestamp each time',
  'sign() {',
  '  local stamp key; stamp=$(date +%s)',
  `  key=$(printf %s "\${SVIX_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')`,
  `  signature=\${2:-$(printf '%s.%s.%s' "msg_$1" "$stamp" "$(body "$1")" |`,
  '    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)}',
  '  headers=(-H "svix-id: msg_$1" -H "svix-timestamp: $stamp" -H "svix-signature: v1,$signature")',
  '}',
];

const deliverFunctions = (guard: ScriptSetting['guard']): string[] => [
  '# post JOB [FORGED]: one webhook; prints the status of its answer (000: none)',
  'post() {',
  ...(guard === 'svix' ? ['  local headers signature; sign "$@"'] : []),
  `  curl -s -m "\${MAX_TIME:-60}" -o /dev/null -w '%{http_code}\\n' "$URL" -H 'content-type: application/json'${guard === 'svix' ? ` "\${headers[@]}"` : ''} --data-binary "$(body "$@")"`,
  '}',
  'deliver() {',
  '  local status; status=$(post "$1"); echo "  $status"',
  '  case $status in 2*) touch "$acknowledged/$1" ;; esac',
  '}',
  'retry() {',
  '  for _ in 1 2 3 4; do',
  '    [ ! -e "$acknowledged/$1" ] || return',
  '    deliver "$1"',
  '  done',
  '}',
];

const jobFunctions = [
  '# new_job: has the emulated API work on a document; prints the id of the job when it has ended',
  'new_job() {',
  `  local id auth=(-H "authorization: Bearer \${REDUCTO_API_KEY:-emulated}")`,
  `  id=$(curl -sS "\${auth[@]}" "$REDUCTO_BASE_URL/parse_async" -H 'content-type: application/json' \\`,
  '    -d \'{"input":"https://example.com/document.pdf"}\' | sed \'s/.*"job_id" *: *"\\([^"]*\\)".*/\\1/\')',
  `  until curl -sS "\${auth[@]}" "$REDUCTO_BASE_URL/job/$id" | grep -q Completed; do sleep 0.2; done`,
  '  echo "$id"',
  '}',
];

const startFunction = ({ command, readyUrl }: { command: string; readyUrl: string }): string[] => [
  '# start: the app, in a process group of its own',
  'start() {',
  `  set -m; ( ${command} ) >app.log 2>&1 & APP=$!; set +m`,
  `  until curl -s -o /dev/null ${quote(readyUrl)}; do sleep 0.1; done`,
  '}',
];

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** What makes one step happen. */
function commandsOf(step: Step, { start, answerMs, effectMs }: ScriptSetting): string[] {
  const restart =
    start !== null
      ? ['kill -9 -- "-$APP"; wait "$APP" 2>/dev/null; start']
      : ['read -r -p "Kill the app with SIGKILL, start it again, then press Enter. "'];
  switch (step.kind) {
    case 'deliver':
      return step.jobs.length === 1
        ? [`deliver ${ref(step.jobs[0]!)}`]
        : [...step.jobs.map((job) => `deliver ${ref(job)} & sent+=($!)`), `wait "\${sent[@]}"; sent=()`];
    case 'lose-ack':
      return [`post ${ref(step.job)} >/dev/null`];
    case 'hang-up':
      return [
        '# the time decides how far the app is: longer or shorter hits another place',
        `MAX_TIME=${seconds(Math.max(20, answerMs * step.at))} post ${ref(step.job)} >/dev/null; sleep 1`,
      ];
    case 'wait':
      return [`sleep ${seconds(step.ms)}`];
    case 'restart':
      return restart;
    case 'crash':
      if (step.at === 'answer') return [`deliver ${ref(step.job)}`, ...restart];
      return [
        '# the pause decides where it is hit: longer or shorter hits another place',
        `deliver ${ref(step.job)} & sent=($!); sleep ${seconds(20 + (step.at === 'fetch' ? 0 : (answerMs + effectMs) * step.at))}`,
        ...restart,
        `wait "\${sent[@]}"; sent=()`,
      ];
    case 'forge':
      return [`post ${ref(step.job)} forged`];
    case 'fail-api':
      return [
        `npx reducto-webhook-dev emulator-faults --set "GET /job/$JOB${step.job + 1}:${step.answer}:${step.times}"`,
      ];
  }
}
