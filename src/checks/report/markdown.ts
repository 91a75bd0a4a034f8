import { printable } from '../../core/text.ts';
import { formatDuration } from '../../core/units.ts';
import type { CheckResult, Report } from '../options.ts';
import { type Finding, findingsOf, rowOf } from './findings.ts';
import { alsoLines, folded, sentLines, sumText, verdictText } from './plain.ts';

const marks = { error: '❌', warning: '⚠️', info: 'ℹ️' } as const;

const markOf = ({ verdict, severity }: CheckResult): string =>
  verdict.outcome === 'passed' ? '✅' : verdict.outcome === 'not judged' ? '➖' : marks[severity];

/**
 * Text in Markdown that is taken as it is, also within a table: no markup, no link, and nobody is called by an "@"
 * (GitHub looks for those in what Markdown has left, so a comment stands between).
 */
const plain = (text: string): string =>
  printable(text.replace(/\s+/g, ' '))
    .replace(/[\\`*_{}[\]<>|#~&!]/g, (char) => `\\${char}`)
    .replace(/@(?=\w)|(?<=https?):|(?<=www)\./gi, '$&<!-- -->');

/** A fenced block that its own content can't end. */
function fenced(lines: readonly string[]): string {
  const text = printable(lines.join('\n'), true);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** The report as Markdown: for a pull request's comment, or a job's summary. */
export function markdownReport(report: Report): string {
  const rows = report.results.map((result) => {
    const { verdict } = result;
    const text =
      verdict.outcome === 'failed'
        ? verdict.summary
        : verdict.outcome === 'passed'
          ? (verdict.note ?? '')
          : verdict.reason;
    return `| ${markOf(result)} | \`${result.id}\` | ${plain(text)} | ${formatDuration(result.durationMs)} |`;
  });
  return `${[
    '## Webhook handler check',
    `**${plain(verdictText(report))}**`,
    `${plain(sumText(report))} · ${plain(report.endpoint)}`,
    ...findingsOf(report).map(findingSection),
    ['| | Check | | Took |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    ...report.notes.map((note) => `> ${plain(note)}`),
  ].join('\n\n')}\n`;
}

function findingSection(finding: Finding): string {
  const [{ id, verdict, sent, appOutput, course = [] }, ...more] = finding.failures;
  const { why } = rowOf(id);
  const { difference } = verdict;
  const name = more.length === 0 ? `\`${id}\`: ` : '';
  return [
    `### ${marks[finding.severity]} ${name}${plain(finding.title)}`,
    `${more.length === 0 ? '' : `\`${id}\`: `}${plain(verdict.summary)}`,
    // What the app has said stands in it.
    fenced([
      `expected: ${verdict.expected}`,
      ...folded(difference?.expected ?? []),
      '',
      `observed: ${verdict.observed}`,
      ...folded(difference?.observed ?? []),
    ]),
    `${verdict.hint === undefined ? '' : `- **Hint:** ${plain(verdict.hint)}\n`}- **Why:** ${plain(why.text)} <${why.url}>\n- **Fix:** ${plain(finding.fix)}`,
    ...(more.length === 0
      ? []
      : [
          `Also shown by:\n\n${alsoLines(finding)
            .map((line) => `- ${plain(line)}`)
            .join('\n')}`,
        ]),
    ...(course.length === 0 ? [] : [fenced(['how it went:', ...course])]),
    ...(sent.length === 0 ? [] : [fenced(sentLines(sent))]),
    ...(appOutput.length === 0 ? [] : [fenced(['the app printed:', ...appOutput])]),
  ].join('\n\n');
}
