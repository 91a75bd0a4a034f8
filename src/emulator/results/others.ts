import { seededRandom } from '../../core/faults/fault-set.ts';
import { between } from '../ids.ts';
import type { ResultContext } from './context.ts';
import { extractResponse } from './extract.ts';
import { parseResponse } from './parse.ts';

type Category = { name: string; partition_key?: string | null };

/** `SplitResponse`: the pages, in order, over the sections that were described; `DeepSplit` for `deep_split`. */
export function splitResponse({ job, usage }: ResultContext): Record<string, unknown> {
  const categories = (job.config.split_description ?? []) as Category[];
  const pages = Array.from({ length: job.pages }, (_, i) => i + 1);
  const share = (i: number): number[] =>
    pages.filter((page) => Math.floor(((page - 1) * categories.length) / pages.length) === i);
  const splits = categories.map(({ name, partition_key }, i) => ({ name, partition_key, pages: share(i) }));
  if (job.config.deep_split === true) {
    const evidence = (numbers: number[]) =>
      numbers.map((page) => ({
        page_number: page,
        evidence: `Page ${page} fits the description.`,
        confidence: 'high',
      }));
    return {
      usage,
      result: { splits: splits.map(({ name, pages: own }) => ({ name, pages: evidence(own) })) },
    };
  }
  return {
    usage,
    result: {
      section_mapping: Object.fromEntries(splits.map(({ name, pages: own }) => [name, own])),
      splits: splits.map(({ name, partition_key, pages: own }) => ({
        name,
        pages: own,
        conf: 'high',
        partitions: partition_key ? [{ name: `${partition_key} 1`, pages: own, conf: 'high' }] : null,
      })),
    },
  };
}

/** `EditResponse`: the edited document's URL and the form's widgets, filled. */
export function editResponse({ job, usage, editedUrl }: ResultContext): Record<string, unknown> {
  const given = job.config.form_schema as { value?: string | null }[] | null | undefined;
  const box = (i: number) => ({
    left: 0.1,
    top: 0.1 + i * 0.1,
    width: 0.4,
    height: 0.04,
    page: 1,
    original_page: 1,
  });
  const found = ['Name', 'Date'].map((description, i) => ({
    bbox: box(i),
    description,
    type: 'text',
    fill: true,
    value: null,
  }));
  return { document_url: editedUrl(job), form_schema: given ?? found, usage };
}

/** `PipelineResponse`: what a pipeline does is set up in Studio and unknown here, so it parses and extracts. */
export function pipelineResponse(context: ResultContext): Record<string, unknown> {
  const { job, usage } = context;
  const schema = { type: 'object', properties: { title: { type: 'string' }, total: { type: 'number' } } };
  const extracting = {
    ...context,
    job: { ...job, config: { input: '', instructions: { schema } } },
  };
  return {
    job_id: job.id,
    usage,
    result: { parse: parseResponse(context), extract: extractResponse(extracting), split: null, edit: null },
  };
}

/** `ClassifyResponse`: the first category whose name is part of an input's, else one drawn. */
export function classifyResponse({ job, duration }: ResultContext): Record<string, unknown> {
  const categories = (job.config.classification_schema ?? []) as { category: string; criteria: string[] }[];
  const inputs = JSON.stringify(job.config.input).toLowerCase();
  const random = seededRandom(job.seed);
  const named = categories.find(({ category }) => category !== '' && inputs.includes(category.toLowerCase()));
  const chosen = named ?? categories[between(random, 0, categories.length - 1)];
  return {
    job_id: job.id,
    result: { category: chosen?.category ?? 'other' },
    response_confidence: {
      categories: categories.map((each) => ({
        category: each.category,
        confidence: each === chosen ? 0.95 : 0.05,
        criteria_confidence: each.criteria.map((criterion) => ({
          criterion,
          confidence: each === chosen ? 'high' : 'low',
        })),
      })),
    },
    duration,
  };
}
