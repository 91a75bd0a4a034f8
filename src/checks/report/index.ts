import type { Report } from '../options.ts';
import { githubReport } from './github.ts';
import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';

/** Ways to write a report for programs, by the name that `--reporter` takes. */
export const reporters: Readonly<Record<string, (report: Report) => string>> = {
  junit: junitReport,
  json: jsonReport,
  markdown: markdownReport,
  github: githubReport,
};
