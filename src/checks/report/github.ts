import { printable } from '../../core/text.ts';
import type { Report } from '../options.ts';
import { failuresOf, failureText, sumText } from './plain.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' } as const;

const data = (text: string): string =>
  text.replace(/[%\r\n]/g, (char) => ({ '%': '%25', '\r': '%0D', '\n': '%0A' })[char]!);
const property = (text: string): string =>
  data(text).replace(/[:,]/g, (char) => ({ ':': '%3A', ',': '%2C' })[char]!);

/** Workflow commands of GitHub Actions: an annotation for each failure. */
export const githubReport = (report: Report): string =>
  `${[
    ...failuresOf(report).map(
      (failure) =>
        `::${commands[failure.severity]} title=${property(`check ${failure.id}`)}::${data(printable(failureText(failure), true))}`,
    ),
    sumText(report),
  ].join('\n')}\n`;
