import { printableJson } from '../../core/text.ts';
import type { Report } from '../options.ts';
import { findingsOf, rowOf } from './findings.ts';
import { sumText, verdictText } from './plain.ts';

/** The report as a record; findings are the failures by their causes; each result has what its check proves, why and how to fix it. */
export const reportRecord = (report: Report) => ({
  ...report,
  v: 1 as const,
  verdict: verdictText(report),
  sum: sumText(report),
  startedAt: new Date(report.startedAt).toISOString(),
  durationMs: Math.round(report.durationMs),
  findings: findingsOf(report).map(({ severity, title, fix, failures }) => ({
    ...{ severity, title, fix },
    checks: failures.map(({ id }) => id),
  })),
  results: report.results.map((result) => {
    const { proves, why, fix } = rowOf(result.id);
    return { ...result, durationMs: Math.round(result.durationMs), proves, why, fix };
  }),
});

/** The report that a record was made of, as reporters take it. */
export const reportOf = (record: ReportRecord): Report => ({
  ...record,
  startedAt: Date.parse(record.startedAt),
});

/** What {@link reportRecord} gives. */
export type ReportRecord = ReturnType<typeof reportRecord>;

/** The report as one JSON object. */
export const jsonReport = (report: Report): string =>
  `${printableJson(JSON.stringify(reportRecord(report), null, 2))}\n`;
