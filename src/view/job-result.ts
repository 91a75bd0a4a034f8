import { formatDuration } from '../core/units.ts';

/** A piece of a parsed document. */
export interface JobBlock {
  type: string;
  page: number | null;
  confidence: string | null;
  content: string;
}

/** A job as a person reads it. */
export interface ReadableJob {
  /** What is known of it, by name. */
  facts: [name: string, value: string][];
  /** The chunks of a parse, block by block; null where the result is of another kind, or there is none. */
  chunks: JobBlock[][] | null;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const word = (value: unknown): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;

/** What a job says, whatever it holds: it comes from outside. Field names are those of Reducto's API (`GET /job/{id}`). */
export function readJob(job: unknown): ReadableJob {
  if (!isObject(job)) return { facts: [], chunks: null };
  const outer = isObject(job.result) ? job.result : {};
  const usage = isObject(outer.usage) ? outer.usage : {};
  const duration = typeof outer.duration === 'number' ? formatDuration(outer.duration * 1000) : null;
  const facts = [
    ['status', word(job.status)],
    ['reason', word(job.reason)],
    ['type', word(job.type)],
    ['pages', word(usage.num_pages) ?? word(job.num_pages)],
    ['credits', word(usage.credits)],
    ['took', duration],
    ['created', word(job.created_at)],
  ].filter((fact): fact is [string, string] => fact[1] !== null);
  const { chunks } = isObject(outer.result) ? outer.result : {};
  return { facts, chunks: Array.isArray(chunks) ? chunks.map(blocksOf) : null };
}

/** The blocks of a chunk; its content as one where it has none. */
function blocksOf(chunk: unknown): JobBlock[] {
  if (!isObject(chunk)) return [];
  const blocks = (Array.isArray(chunk.blocks) ? chunk.blocks : []).filter(isObject).map(blockOf);
  const content = word(chunk.content);
  if (blocks.length > 0 || content === null) return blocks;
  return [{ type: 'Text', page: null, confidence: null, content }];
}

function blockOf(block: Json): JobBlock {
  const page = isObject(block.bbox) ? block.bbox.page : null;
  return {
    type: word(block.type) ?? '?',
    page: typeof page === 'number' ? page : null,
    confidence: word(block.confidence),
    content: word(block.content) ?? '',
  };
}
