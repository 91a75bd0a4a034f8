import { printJson } from '../core/json.ts';
import {
  type DeliveryDetail,
  type DeliverySummary,
  printedSummary,
  type ShownAttempt,
} from '../core/record.ts';
import { type ScrubSummary, scrubLines } from '../core/scrub/summary.ts';
import { logSafe, printable, printableJson } from '../core/text.ts';
import { listTime } from '../core/time.ts';
import { formatDuration } from '../core/units.ts';
import type { CommandId, CommandResult } from '../runtime/commands/index.ts';
import { checkRunText } from './check-runs-text.ts';
import { attemptLine, deliveryLine, detailText, differenceLines, outcomeText } from './format.ts';
import { hanging } from './hanging.ts';

/** Prints a command's result to stdout, and sets the exit code 1 when sends have failed. */
export function printResult(
  id: CommandId,
  result: CommandResult<CommandId>,
  output: 'plain' | 'json' | undefined,
): void {
  if ('failed' in result && (result.failed > 0 || result.cancelled)) process.exitCode = 1;
  printWarnings(result);
  if (output === 'json')
    for (const line of jsonLines(result)) process.stdout.write(`${printableJson(printJson(line))}\n`);
  else {
    const text = plain(id, result);
    // An export is safe by itself, and has to be what it is.
    process.stdout.write(`${id === 'export' ? text : logSafe(text)}\n`);
  }
}

/** Says on stderr what was left out or replaced, which no reader of the output takes for a part of it. */
export function printWarnings(result: object): void {
  if ('warnings' in result)
    for (const warning of result.warnings as string[])
      process.stderr.write(`Warning: ${printable(warning)}\n`);
  if ('scrubbed' in result)
    for (const line of scrubLines(result.scrubbed as ScrubSummary))
      process.stderr.write(`${printable(line)}\n`);
}

/** One object a line: each delivery of a list, each attempt of a replay (the first thousand) before the sum of it, else the result. */
function jsonLines(result: object): unknown[] {
  if ('deliveries' in result) return (result.deliveries as DeliverySummary[]).map(printedSummary);
  if ('delivery' in result)
    return [{ ...result, delivery: printedSummary(result.delivery as DeliverySummary) }];
  if (!('sent' in result) || !('attempts' in result)) return [result];
  const { attempts, ...sum } = result;
  return [...(attempts as unknown[]), sum];
}

function plain(id: CommandId, result: object): string {
  if ('deliveries' in result) {
    const deliveries = result.deliveries as DeliverySummary[];
    if (deliveries.length === 0) return 'No deliveries.';
    return deliveries.map((summary) => `${deliveryLine(summary)}  ${outcomeText(summary)}`).join('\n');
  }
  if (id === 'show') return detailText(result as DeliveryDetail);
  // On a terminal nothing from outside may act; in a pipe it has to be what it is.
  if ('text' in result)
    return process.stdout.isTTY ? printable(String(result.text), true) : String(result.text);
  if ('sent' in result && 'attempts' in result) {
    return sentText(result as unknown as Sent);
  }
  if ('events' in result) return (result.events as string[]).join('\n');
  if (id === 'job') {
    return printableJson(JSON.stringify((result as CommandResult<'job'>).job, null, 2));
  }
  if (id === 'inspector') return (result as CommandResult<'inspector'>).url;
  if (id === 'tunnels') return tunnelsText(result as CommandResult<'tunnels'>);
  if (id === 'stats') return statsText(result as CommandResult<'stats'>);
  if (id === 'emulated-jobs') return jobsText(result as CommandResult<'emulated-jobs'>);
  const past = checkRunText(id, result);
  if (past !== null) return past;
  if (id === 'rules') return rulesText(result as CommandResult<'rules'>);
  if (id === 'faults') return faultsText(result as CommandResult<'faults'>);
  return Object.entries(result)
    .filter(([key]) => key !== 'warnings' && key !== 'scrubbed') // they are on stderr
    .map(
      ([key, value]) =>
        `${key}: ${printable(typeof value === 'object' ? JSON.stringify(value) : String(value))}`,
    )
    .join('\n');
}

/** When each of the default order is tried. */
const turns = ['tried first by default', 'tried second', 'tried third'];

function tunnelsText({ tunnels }: CommandResult<'tunnels'>): string {
  const wide = Math.max(...tunnels.map(({ name }) => name.length));
  const lines = tunnels.flatMap(({ name, help, needs, atHand, byDefault, inUse }) => {
    const marks = [...(inUse ? ['in use'] : []), ...(byDefault === null ? [] : [turns[byDefault - 1]])];
    const state = atHand.ok ? (atHand.what ?? '') : atHand.todo;
    return [
      hanging(
        `${atHand.ok ? '✓' : '✗'} ${name.padEnd(wide)}  `,
        `${help}${marks.length === 0 ? '' : ` [${marks.join(', ')}]`}`,
      ),
      ...(needs === ''
        ? []
        : [hanging(`  ${''.padEnd(wide)}  `, `needs ${needs}${state === '' ? '' : `: ${state}`}`)]),
    ];
  });
  return [...lines, '', 'Use one, or several in an order, with --tunnel NAME,NAME.'].join('\n');
}

function statsText({ from, bucketMs, counts }: CommandResult<'stats'>): string {
  const lines = counts.flatMap((count, i) => {
    const said = Object.entries(count).filter(([, n]) => n > 0);
    if (said.length === 0) return [];
    return [`${listTime(from + i * bucketMs)}  ${said.map(([outcome, n]) => `${n} ${outcome}`).join(', ')}`];
  });
  return lines.length === 0 ? 'No deliveries in this time.' : lines.join('\n');
}

function jobsText({ jobs }: CommandResult<'emulated-jobs'>): string {
  if (jobs.length === 0) return 'No jobs.';
  const lines = jobs.flatMap((job) => [
    [
      listTime(job.createdAt),
      job.id,
      `${job.type} ${job.status}`,
      `fetched ${job.fetches} times`,
      `webhook: ${job.webhook === null ? 'none' : `${job.webhook} (${job.webhookState ?? 'not yet'})`}`,
      ...(job.reason === null ? [] : [job.reason]),
    ].join('  '),
    ...('fetchedBy' in job
      ? job.fetchedBy.map(
          ({ at, status, run }) =>
            `  fetched ${listTime(at)}: ${status ?? 'no answer'}${run ? `, by the handler's run for #${run.deliverySeq}${run.by === 'time' ? ' (by time)' : ''}` : ''}`,
        )
      : []),
  ]);
  return lines.map((line) => printable(line)).join('\n');
}

/** What `replay`, `retry`, `duplicate` and `trigger` came to. */
interface Sent {
  sent: number;
  /** Attempts that `attempts` has no room for. */
  omitted: number;
  attempts: ShownAttempt[];
  failed: number;
  seed: number;
  cancelled: boolean;
  /** Of `trigger`: deliveries that only went into the history. */
  captured?: number;
  schedule?: NonNullable<CommandResult<'replay'>['schedule']>;
}

function sentText({
  sent,
  omitted,
  attempts,
  failed,
  seed,
  cancelled,
  captured = 0,
  schedule,
}: Sent): string {
  if (captured > 0) return `${captured} captured: there is no app to send to`;
  const sum = `${sent} sent, ${failed} failed${cancelled ? ', cancelled' : ''} (seed ${seed})`;
  // Of many the differences are found with "show" and "diff".
  const changes = attempts.length === 1 ? differenceLines(attempts[0]!) : [];
  const more = omitted > 0 ? [`… and ${omitted} more: see list, or show ID`] : [];
  const how = schedule ? [scheduleLine(schedule)] : [];
  return [...attempts.map(attemptLine), ...more, ...changes, ...how, sum].join('\n');
}

function scheduleLine({ name, delays, assumed, timeScale }: NonNullable<Sent['schedule']>): string {
  const pauses = delays.map((delay) => formatDuration(delay)).join(', ');
  const faster = timeScale === 1 ? '' : ` Run at ${timeScale} times its speed.`;
  return `Schedule ${name}: retries after ${pauses}.${assumed ? ` ${assumed}.` : ''}${faster}`;
}

function rulesText({ rules }: CommandResult<'rules'>): string {
  if (rules.length === 0) return 'No rules: what comes in goes to the endpoints.';
  return rules
    .map(({ kind, text, matched }) => printable(`${kind.padEnd(14)}  ${text}  (${matched} matched)`))
    .join('\n');
}

function faultsText({ active, seed, kinds }: CommandResult<'faults'>): string {
  const rows = kinds.map(({ name, form, help, direction }) => {
    const usage =
      form === null ? name : form.startsWith('[') ? `${name}[=${form.slice(1)}` : `${name}=${form}`;
    return `  ${usage.padEnd(26)} to ${direction.padEnd(7)} ${help}`;
  });
  return [
    `At work: ${active === '' ? 'none' : `${active} (seed ${seed})`}`,
    '',
    'NAME[=VALUE][:COUNT|:P%], separated by spaces:',
    ...rows,
  ].join('\n');
}
