import { formatDuration } from '../../core/units.ts';
import { egressName } from '../effects/egress.ts';
import { explorationRow } from '../explore/row.ts';
import type { Report, SentRecord } from '../options.ts';
import { checks } from '../table/index.ts';
import { type Finding, findingsOf, isOfScenarios, rowOf } from './findings.ts';

/** Lines of an effect that are shown; a burst has hundreds. */
const shownLines = 8;
/** Deliveries of a failure that are named. */
const shownDeliveries = 5;

/** Lines, equal ones once with their number, and not too many. */
export function folded(lines: readonly string[], limit = shownLines): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  const texts = [...counts].map(([line, count]) => (count === 1 ? line : `${line}   (${count} times)`));
  return texts.length > limit ? [...texts.slice(0, limit), `… and ${texts.length - limit} more`] : texts;
}

/** What was sent, a line for each delivery. */
export function sentLines(sent: readonly SentRecord[]): string[] {
  const lines = sent.slice(0, shownDeliveries).map(({ seq, id, jobId, attempts }) => {
    const outcomes = folded(attempts.map(({ outcome }) => outcome)).join(', ');
    return `#${seq} ${id}, job ${jobId}: ${outcomes === '' ? 'not sent' : outcomes}`;
  });
  return sent.length > shownDeliveries ? [...lines, `… and ${sent.length - shownDeliveries} more`] : lines;
}

/** What else has shown a finding: a line for each check after the first. */
export const alsoLines = ({ failures: [, ...more] }: Finding): string[] =>
  more.map(({ id, severity, verdict }) => `${id} (${severity}): ${verdict.summary}`);

/** One finding with all that helps to understand and to repair it; its first failure in full. */
export function findingText(finding: Finding): string {
  const [{ id, title, verdict, sent, appOutput, course = [] }] = finding.failures;
  const { summary, expected, observed, difference, hint } = verdict;
  const also = alsoLines(finding);
  const field = (name: string, text: string): string => `  ${name.padEnd(9)} ${text}`;
  const block = (lines: readonly string[]): string[] => folded(lines).map((line) => `              ${line}`);
  const fields = (name: string, lines: readonly string[]): string[] =>
    lines.map((line, i) => field(i === 0 ? name : '', line));
  return [
    ...(also.length === 0
      ? [`${finding.severity.toUpperCase()} ${id}: ${title}`, `  ${summary}`]
      : [
          `${finding.severity.toUpperCase()} ${finding.title} (shown by ${also.length + 1} checks)`,
          `  ${id}: ${summary}`,
        ]),
    '',
    ...fields('went', course),
    ...fields('sent', sentLines(sent)),
    field('expected', expected),
    ...block(difference?.expected ?? []),
    field('observed', observed),
    ...block(difference?.observed ?? []),
    ...fields('app said', appOutput),
    ...fields('also', also),
    ...(hint === undefined ? [] : [field('hint', hint)]),
    field('why', `${rowOf(id).why.text} ${rowOf(id).why.url}`),
    field('fix', finding.fix),
  ].join('\n');
}

/**
 * The verdict in one line: what was found, and what it says nothing about. What was not judged is no proof, however
 * many checks have passed.
 */
export function verdictText(report: Report): string {
  const { counts, probes, against } = report;
  if (isOfScenarios(report)) return scenariosText(report);
  const more = [
    ...(against && against.fixed.length > 0
      ? [`Fixed since ${against.name}: ${against.fixed.join(', ')}.`]
      : []),
    ...(counts.warnings > 0 ? [`${plural(counts.warnings, 'check')} with warnings.`] : []),
    ...(probes.includes(egressName) ? [] : ['Outgoing calls were not looked at (--egress).']),
  ];
  return [headOf(report), ...more].join(' ');
}

function scenariosText({ counts: { passed, failed }, interrupted, results }: Report): string {
  const stopped = interrupted ? ' It was stopped before the end.' : '';
  if (failed > 0) return `FAILED: ${failed} of ${plural(results.length, 'scenario')}.${stopped}`;
  return interrupted ? `NOT PROVEN:${stopped}` : `PASSED: ${plural(passed, 'scenario')}.`;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function headOf({ counts, results, blind, interrupted, against }: Report): string {
  const total = results.length;
  const unjudged = counts.notJudged > 0 ? ` ${counts.notJudged} of ${total} were not judged: see below.` : '';
  if (counts.failed > 0) {
    const errors = findingsOf({ results }).filter(({ severity }) => severity === 'error').length;
    const from = errors < counts.failed ? `, from ${plural(errors, 'cause')}` : '';
    const since = against ? ` since ${against.name} (${against.known.length} did before)` : '';
    return `NOT IDEMPOTENT, or not right: ${counts.failed} of ${total} checks failed${since}${from}.${unjudged}`;
  }
  if (against && against.known.length > 0)
    return `NOTHING NEW since ${against.name}, but NOT IDEMPOTENT, or not right: ${against.known.join(', ')} failed then, too.${unjudged}`;
  if (blind !== null)
    return `NOT PROVEN: whether something is done twice was not seen, as ${blind}.${unjudged}`;
  if (interrupted) return `NOT PROVEN: stopped before the end, after ${plural(total, 'check')}.${unjudged}`;
  if (total === 1 && results[0]!.id === explorationRow.id) return 'NO FAULT FOUND by this search.';
  if (total < checks.length) return `NO FAULT FOUND by the ${total} checks that were chosen.${unjudged}`;
  if (counts.notJudged > 0) return `NO FAULT FOUND, but this is no proof:${unjudged}`;
  return `PROVEN by ${counts.passed} checks: each job has its effect once.`;
}

/** The counts in one line. */
export function sumText({ counts, durationMs, seed, interrupted }: Report): string {
  const parts = [
    `${counts.passed} passed`,
    `${counts.failed} failed`,
    ...(counts.warnings > 0 ? [`${counts.warnings} with warnings`] : []),
    ...(counts.notJudged > 0 ? [`${counts.notJudged} not judged`] : []),
    ...(counts.notApplicable > 0 ? [`${counts.notApplicable} not applicable`] : []),
  ];
  return `${parts.join(', ')} in ${formatDuration(durationMs)} (seed ${seed})${interrupted ? ', stopped before the end' : ''}`;
}

/** Why checks were not judged: each reason once, with the checks; last what there was nothing to judge of. */
function notJudgedLines({ results }: Report): string[] {
  const reasons = new Map<string, string[]>();
  const unjudged = results.flatMap(({ id, verdict }) =>
    verdict.outcome === 'not judged' ? [{ id, ...verdict }] : [],
  );
  const why = ({ applies, reason }: (typeof unjudged)[number]): string =>
    `${applies === false ? 'Not applicable' : 'Not judged'}, because ${reason}:`;
  const inOrder = unjudged.sort((a, b) => Number(a.applies === false) - Number(b.applies === false));
  for (const each of inOrder) reasons.set(why(each), [...(reasons.get(why(each)) ?? []), each.id]);
  return [...reasons].map(([reason, ids]) => `${reason}\n  ${ids.join(', ')}`);
}

/** The whole report for people. */
export function plainReport(report: Report): string {
  const findings = findingsOf(report);
  const [again] = findings.filter(({ severity }) => severity === 'error').map(({ failures }) => failures[0]);
  return [
    verdictText(report),
    ...findings.map(findingText),
    ...notJudgedLines(report),
    ...report.notes.map((note) => `Note: ${note}`),
    ...(again && again.id !== explorationRow.id && !isOfScenarios(report)
      ? [
          `To run one again: --only ${again.id}. To look at what was sent: reducto-webhook-dev show ${again.sent[0]?.seq ?? 'last'}`,
        ]
      : []),
    sumText(report),
  ].join('\n\n');
}
