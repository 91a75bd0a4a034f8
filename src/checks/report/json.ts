import { printableJson } from '../../core/text.ts';
import type { Report } from '../options.ts';
import { rowOf } from './plain.ts';

/** The report as one JSON object; each result has what its check proves, why and how to fix it. */
export const jsonReport = (report: Report): string =>
  `${printableJson(
    JSON.stringify(
      {
        v: 1,
        ...report,
        startedAt: new Date(report.startedAt).toISOString(),
        durationMs: Math.round(report.durationMs),
        results: report.results.map((result) => {
          const { proves, why, fix } = rowOf(result.id);
          return { ...result, durationMs: Math.round(result.durationMs), proves, why, fix };
        }),
      },
      null,
      2,
    ),
  )}\n`;
