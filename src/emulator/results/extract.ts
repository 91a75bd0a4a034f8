import { seededRandom } from '../../core/faults/fault-set.ts';
import { isLegacy } from '../submission.ts';
import type { ResultContext } from './context.ts';
import { fillSchema } from './fill.ts';
import { createWriter } from './words.ts';

/**
 * `V3ExtractResponse`, or the older `ExtractResponse` for a job in the legacy shape. With citations on, V3 wraps
 * each leaf as `{value, citations}`; the older form has a list of its own.
 */
export function extractResponse({ job, usage }: ResultContext): Record<string, unknown> {
  const legacy = isLegacy(job.config);
  const { instructions, settings, schema, generate_citations, array_extract } = job.config as {
    instructions?: { schema?: unknown };
    settings?: {
      array_extract?: boolean;
      deep_extract?: boolean;
      citations?: { enabled?: boolean; numerical_confidence?: boolean };
    };
    schema?: unknown;
    generate_citations?: boolean;
    array_extract?: { enabled?: boolean };
  };
  const writer = createWriter(seededRandom(job.seed));
  const page = (): number => writer.integer(1, job.pages);
  const numeric = settings?.citations?.numerical_confidence !== false;
  const citation = (value: unknown) => ({
    type: 'Text',
    content: String(value),
    bbox: { left: 0.1, top: 0.2, width: 0.3, height: 0.03, page: page(), original_page: 1 },
    confidence: 'high',
    granular_confidence: numeric ? { extract_confidence: 0.97, parse_confidence: 0.98 } : null,
    image_url: null,
    parentBlock: null,
  });
  const cited = !legacy && settings?.citations?.enabled === true;
  const leaf = (value: unknown): unknown =>
    cited ? { value, citations: value === null ? [] : [citation(value)] } : value;
  const { value, fields } = fillSchema((legacy ? schema : instructions?.schema) ?? {}, writer, leaf);
  const filled = value ?? {};
  const several = legacy ? array_extract?.enabled === true : settings?.array_extract === true;
  const inList = Array.isArray(filled) ? filled : [filled];
  return {
    job_id: job.id,
    studio_link: null,
    usage: {
      num_pages: usage.num_pages,
      num_fields: fields,
      credits: usage.num_pages * 2,
      extract_mode: 'extract',
    },
    result: legacy || several ? inList : filled,
    ...(legacy
      ? { citations: generate_citations === true ? inList.map((each) => cite(each, citation)) : null }
      : {}),
  };
}

/** The same shape as a value, with a list of citations in place of each leaf. */
function cite(value: unknown, citation: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => cite(each, citation));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cite(each, citation)]));
  return value === null ? [] : [citation(value)];
}
