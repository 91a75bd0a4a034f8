import { damageNote } from '../core/damage.ts';
import type { Acknowledgement } from '../core/delivery.ts';
import { codingInWords, labelInWords, outcomeInWords, type ToldOutcome } from '../core/outcome.ts';
import type {
  AttemptRecord,
  BodyRecord,
  DeliveryDetail,
  DeliverySummary,
  ShownAttempt,
} from '../core/record.ts';
import { bodyBytes } from '../core/record.ts';
import { logSafe, printable } from '../core/text.ts';
import { fullTime, listTime } from '../core/time.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import { isVerified } from '../core/verification.ts';

/** One line about a delivery, safe to print. */
export function deliveryLine(summary: DeliverySummary): string {
  const { seq, receivedAt, status, jobId, method, target, verification, intake } = summary;
  const parts = [
    listTime(receivedAt),
    `#${seq}`,
    status ?? 'other',
    jobId ?? '-',
    `${method} ${target}`,
    ...(intake === 'complete' ? [] : [intake]),
    ...(isVerified(verification) === null ? [] : [verdictText(summary)]),
    ...(summary.damage ? [summary.note ?? 'damaged'] : []),
  ];
  return logSafe(printable(parts.join('  ')));
}

/** Both verdicts in words: `secret ok, svix bad signature`. */
function verdictText({ verification }: Pick<DeliverySummary, 'verification'>): string {
  const given = Object.entries(verification).filter(([, verdict]) => verdict !== null);
  return given.map(([name, verdict]) => `${name} ${verdict!.verdict}`).join(', ');
}

/** The last attempt in words: `200 in 12 ms`, `refused`, or what the sender got when there was no attempt. */
export function outcomeText({ lastAttempt, acknowledgement, attempts }: DeliverySummary): string {
  const struck = acknowledgement?.faults ? inBrackets(reasons({ ...acknowledgement, note: null })) : '';
  if (lastAttempt === null)
    return acknowledgement ? `sender got ${acknowledgement.status ?? 'no answer'}${struck}` : '-';
  const { label, durationMs } = lastAttempt;
  const mark = lastAttempt.faulty ? ' with a fault' : '';
  return `${labelInWords(label, durationMs)}${mark}${attempts > 1 ? ` (${attempts} attempts)` : ''}${struck}`;
}

/** What a delivery is: of a job, refused, or something else. */
function recognitionLine({ seq, damage, status, jobId, intake, note }: DeliverySummary): string {
  if (damage) return printable(`This delivery is ${damageNote({ seq, damage })}.`);
  if (status !== null) return `Reducto: ${status}, job ${printable(jobId ?? 'unknown')}`;
  return printable(intake === 'refused' ? (note ?? 'refused') : `Not a Reducto payload: ${note}`);
}

/** A delivery in full, for `show`. */
export function detailText({ delivery, attempts }: DeliveryDetail): string {
  const { acknowledgement: ack, body } = delivery;
  const lines = [
    `#${delivery.seq}  ${delivery.id}  ${fullTime(delivery.receivedAt)}`,
    `${printable(`${delivery.method} ${delivery.target}`)}  HTTP/${printable(delivery.httpVersion)}  from ${printable(delivery.remoteAddress)} (${delivery.source})`,
    recognitionLine(delivery),
    ...Object.entries(delivery.verification).flatMap(([name, verdict]) =>
      verdict ? [`${name}: ${verdict.verdict} (${printable(verdict.reason)})`] : [],
    ),
    ack
      ? `Sender got: ${ack.status ?? 'no answer'} after ${formatDuration(ack.durationMs)}${inBrackets(reasons(ack))}`
      : 'Sender got: nothing yet',
    '',
    ...delivery.headers.map(([name, value]) => printable(`${name}: ${value}`)),
    '',
    ...bodyLines(body),
  ];
  for (const attempt of attempts) {
    const { request, outcome } = attempt;
    lines.push('', attemptLine(attempt), `  ${attempt.id}: ${printable(`${request.method} ${request.url}`)}`);
    lines.push(...differenceLines(attempt), ...sinceLines(attempt));
    if (outcome.kind !== 'response') continue;
    if (attempt.difference !== undefined) lines.push('');
    for (const [name, value] of outcome.headers) lines.push(`  ${printable(`${name}: ${value}`)}`);
    if (outcome.body.data !== '') lines.push('', ...bodyLines(outcome.body, 4000).map((line) => `  ${line}`));
  }
  return logSafe(lines.join('\n'));
}

/** A body as text, as it reads without its content codings; what is no text is only named. */
function bodyLines(body: BodyRecord, limit = Number.POSITIVE_INFINITY): string[] {
  const { decoded } = body;
  const coding = codingInWords(body);
  const text = body.encoding === 'utf8' ? body.data : decoded?.text;
  if (text === undefined)
    return body.data === ''
      ? []
      : [
          ...(coding === null ? [] : [`(${printable(coding)})`]),
          `(${formatSize(bodyBytes(body).length)} of binary data: use --raw)`,
        ];
  const lines = printable(text.slice(0, limit), true).split('\n');
  if (coding !== null) lines.unshift(`(${printable(coding)})`);
  if (text.length > limit) lines.push(`(the first ${limit} characters)`);
  return lines;
}

/** How an attempt differs from its delivery, indented; nothing when it does not. */
export function differenceLines({ difference }: ShownAttempt): string[] {
  if (difference === undefined) return [];
  const lines = difference.trimEnd().split('\n');
  return ['  differs from the delivery:', ...lines.map((line) => `  ${line}`)];
}

/** Whether the app is fixed, or broken since the attempt before, and how its answer changed; nothing when neither. */
function sinceLines({ since }: ShownAttempt): string[] {
  if (since === undefined) return [];
  const lines = since.answer === undefined ? [] : printable(since.answer.trimEnd(), true).split('\n');
  return [`  ${since.text}`, ...lines.map((line) => `  ${line}`)];
}

/** Why a sender got what it got: the note, and the faults that struck it on purpose. */
export const reasons = ({ note, faults = [] }: Pick<Acknowledgement, 'note' | 'faults'>): string[] => [
  ...(note === null ? [] : [note]),
  ...faults.map((fault) => `fault ${fault}`),
];

/** Words behind a sentence, safe to print; nothing when there are none. */
export const inBrackets = (words: readonly string[]): string =>
  words.length === 0 ? '' : ` (${printable(words.join('; '))})`;

/** One line about an attempt, safe to print. */
export function attemptLine({
  deliverySeq,
  reason,
  endpoint,
  durationMs,
  startedAt,
  outcome,
  faults,
  notes,
}: Pick<
  AttemptRecord,
  'deliverySeq' | 'reason' | 'endpoint' | 'durationMs' | 'startedAt' | 'faults' | 'notes'
> & {
  outcome: ToldOutcome;
}): string {
  const result = outcomeInWords(outcome, durationMs);
  const marks = [...faults.map((fault) => `fault ${fault}`), ...notes];
  const why = marks.length > 0 ? `  [${marks.join('; ')}]` : '';
  return logSafe(
    printable(`${listTime(startedAt)}  #${deliverySeq}  ${reason} to ${endpoint}: ${result}${why}`),
  );
}
