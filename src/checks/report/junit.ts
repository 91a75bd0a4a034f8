import { printable } from '../../core/text.ts';
import type { CheckResult, Report } from '../options.ts';
import { type Failure, findingsOf } from './findings.ts';
import { findingText, verdictText } from './plain.ts';

// What is printable is what XML 1.0 can hold, too, but for two characters that no one can be.
const escaped = (text: string): string =>
  printable(text, true)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(
      /[&<>"']/g,
      (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' })[char]!,
    );

const attribute = (text: string): string =>
  escaped(text).replace(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);

/** The report as JUnit XML: only errors are failures there, warnings are told in the output of a passed test. */
export function junitReport(report: Report): string {
  const { results, counts, durationMs, startedAt, endpoint } = report;
  const attributes = [
    `name="reducto-webhook-dev check"`,
    `tests="${results.length}"`,
    `failures="${counts.failed}"`,
    `errors="0"`,
    `skipped="${counts.notJudged + counts.notApplicable}"`,
    `time="${(durationMs / 1000).toFixed(3)}"`,
    `timestamp="${new Date(startedAt).toISOString().slice(0, 19)}"`,
  ].join(' ');
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite ${attributes}>
    <properties>
      <property name="verdict" value="${attribute(verdictText(report))}"/>
      <property name="endpoint" value="${attribute(endpoint)}"/>
      <property name="seed" value="${report.seed}"/>
    </properties>
${results.map(testCase).join('\n')}
  </testsuite>
</testsuites>
`;
}

function testCase(result: CheckResult): string {
  const { id, durationMs, verdict, severity } = result;
  const open = `    <testcase classname="webhook" name="${attribute(id)}" time="${(durationMs / 1000).toFixed(3)}"`;
  if (verdict.outcome === 'passed') return `${open}/>`;
  if (verdict.outcome === 'not judged')
    return `${open}>\n      <skipped message="${attribute(verdict.reason)}"/>\n    </testcase>`;
  const [finding] = findingsOf({ results: [result as Failure] });
  const text = escaped(findingText(finding!));
  return severity === 'error'
    ? `${open}>\n      <failure message="${attribute(verdict.summary)}" type="${severity}">${text}</failure>\n    </testcase>`
    : `${open}>\n      <system-out>${text}</system-out>\n    </testcase>`;
}
