import { printable } from '../../core/text.ts';
import type { Report } from '../options.ts';
import { type Finding, findingsOf } from './findings.ts';
import { findingText, sumText, verdictText } from './plain.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

const data = (text: string): string =>
  text.replace(/[%\r\n]/g, (char) => ({ '%': '%25', '\r': '%0D', '\n': '%0A' })[char]!);
const property = (text: string): string =>
  data(text).replace(/[:,]/g, (char) => ({ ':': '%3A', ',': '%2C' })[char]!);

/** Where a scenario failed, so that it is shown at that line of its file. */
const placeOf = ({ failures: [{ id, place }] }: Finding): string =>
  place ? `file=${property(id)},line=${place.line},col=${place.column},` : '';

/** Workflow commands of GitHub Actions: an annotation for each finding. */
export const githubReport = (report: Report): string =>
  `${[
    ...findingsOf(report).map((finding) => {
      const title = property(`check ${finding.failures.map(({ id }) => id).join(' ')}`);
      return `::${commands[finding.severity]} ${placeOf(finding)}title=${title}::${data(printable(findingText(finding), true))}`;
    }),
    printable(verdictText(report)),
    sumText(report),
  ].join('\n')}\n`;
