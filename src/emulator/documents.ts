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
    const upload = input.startsWith('reducto://') ? context.uploads.get(input) : undefined;
    const earlier = input.startsWith('jobid://') ? context.job(input.slice('jobid://'.length)) : undefined;
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
  const wanted = new Set<number>();
  for (const part of Array.isArray(range) ? range : [range]) {
    if (typeof part === 'number') wanted.add(part);
    else if (typeof part === 'object' && part !== null) {
      const { start, end } = part as { start?: number | null; end?: number | null };
      for (let page = Math.max(1, start ?? 1); page <= Math.min(total, end ?? total); page++)
        wanted.add(page);
    } else return total; // names of sheets
  }
  const selected = [...wanted].filter((page) => page >= 1 && page <= total).length;
  return Math.max(1, selected);
}
