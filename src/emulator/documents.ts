import { seededRandom } from '../core/faults/fault-set.ts';
import type { StoredJob } from '../store/jobs.ts';
import { between } from './ids.ts';
import type { EmulatorSettings } from './settings.ts';
import { parsingSettings, type Submission } from './submission.ts';
import type { Uploads } from './uploads.ts';

/** What is known of a submission's documents before they are "processed". */
export interface Documents {
  totalPages: number;
  /** How many of them the page range asks for. */
  pages: number;
  /** Why they can't be had; null when they can. */
  problem: string | null;
  /** Names to look for the failure marker in. */
  names: string[];
}

// Of more inputs than anybody sends the rest is taken as it comes: each look is a read of the history.
const maxLookedUp = 1000;

/** Looks at a submission's inputs: uploads, earlier jobs (`jobid://`) and URLs, which are never fetched. */
export function examine(
  { inputs, config }: Submission,
  context: {
    uploads: Uploads;
    job(id: string): StoredJob | null;
    settings: EmulatorSettings;
    seed: number;
  },
): Documents {
  const random = seededRandom(context.seed);
  const { least, most } = context.settings.pages;
  const names: string[] = [];
  let totalPages = 0;
  let problem: string | null = null;
  for (const input of inputs) {
    const looked = names.length < maxLookedUp;
    const upload = looked && input.startsWith('reducto://') ? context.uploads.get(input) : undefined;
    const earlier =
      looked && input.startsWith('jobid://') ? context.job(input.slice('jobid://'.length)) : undefined;
    const missing = upload === null || earlier === null || upload?.size === null;
    if (missing && context.settings.unknownFile === 'fail')
      problem ??= `Failed to download file from url. ${explain(input, upload?.size === null)}`;
    names.push(input, ...(upload?.fileName ? [upload.fileName] : []));
    totalPages += upload?.pages ?? earlier?.totalPages ?? between(random, least, most);
  }
  const total = Math.max(1, totalPages);
  return { totalPages: total, pages: selectedPages(config, total), problem, names };
}

function explain(input: string, waiting: boolean): string {
  if (waiting) return `Nothing was sent to the presigned URL of ${input} yet.`;
  if (input.startsWith('reducto://reducto://'))
    return `${input}: the file_id of /upload begins with reducto:// already, do not put it in front again.`;
  return `${input} is not known here.`;
}

/** How many pages a `page_range` selects: `{start, end}` (1-indexed), several of them, or page numbers. */
function selectedPages(config: Record<string, unknown>, total: number): number {
  const range = [
    config.page_range,
    (config.settings as { page_range?: unknown } | undefined)?.page_range,
    parsingSettings(config).page_range,
    (config.advanced_options as { page_range?: unknown } | undefined)?.page_range,
  ].find((each) => each !== undefined && each !== null);
  if (range === undefined) return total;
  const ranges: Range[] = [];
  for (const part of Array.isArray(range) ? range : [range]) {
    if (typeof part === 'number') ranges.push([part, part]);
    else if (typeof part === 'object' && part !== null) {
      const { start, end } = part as { start?: number | null; end?: number | null };
      ranges.push([start ?? 1, end ?? total]);
    } else return total; // names of sheets
  }
  return Math.max(1, covered(ranges, total));
}

type Range = [start: number, end: number];

/** How many of the pages from 1 to `total` are in at least one of the ranges. */
function covered(ranges: Range[], total: number): number {
  let pages = 0;
  let last = 0;
  for (const [start, end] of ranges.sort(([a], [b]) => a - b)) {
    const from = Math.max(start, last + 1);
    const to = Math.min(end, total);
    if (from > to) continue;
    pages += to - from + 1;
    last = to;
  }
  return pages;
}
