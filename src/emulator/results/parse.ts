import { seededRandom } from '../../core/faults/fault-set.ts';
import type { BlockType } from '../schemas.ts';
import type { ResultContext } from './context.ts';
import { createWriter, type Writer } from './words.ts';

/** `BoundingBox` of the published schema: shares of the page's width and height, from its top left. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
  page: number;
  original_page: number;
}

/** `ParseBlock` of the published schema. */
interface Block {
  type: BlockType;
  bbox: Box;
  content: string;
  image_url: null;
  chart_data: null;
  confidence: 'high' | 'low';
  granular_confidence: { extract_confidence: null; parse_confidence: number };
  extra: null;
}

/** `ParseChunk` of the published schema. */
interface Chunk {
  content: string;
  embed: string;
  enriched: null;
  enrichment_success: boolean;
  blocks: Block[];
}

/** `FullResult` of the published schema. */
export interface FullResult {
  type: 'full';
  chunks: Chunk[];
  ocr: null;
  custom: null;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Makes up what a page holds: a heading, some text, a key-value pair or table, a page number. */
function pageBlocks(page: number, writer: Writer): Block[] {
  let top = 0.05;
  const block = (type: BlockType, height: number, content: string): Block => {
    const bbox = { left: 0.1, top: round(top), width: 0.8, height, page, original_page: page };
    top += height + 0.02;
    return {
      type,
      bbox,
      content,
      image_url: null,
      chart_data: null,
      confidence: writer.random() < 0.9 ? 'high' : 'low',
      granular_confidence: {
        extract_confidence: null,
        parse_confidence: round(0.85 + writer.random() * 0.15),
      },
      extra: null,
    };
  };
  const heading =
    page === 1
      ? block('Title', 0.06, writer.sentence(3).slice(0, -1))
      : block('Section Header', 0.04, writer.sentence(2));
  return [
    heading,
    block('Text', 0.15, `${writer.sentence(14)} ${writer.sentence(11)}`),
    block(
      'Key Value',
      0.04,
      `${writer.pick(['Invoice', 'Order', 'Claim'])} No: ${writer.integer(1000, 99999)}`,
    ),
    block('Table', 0.2, table(writer)),
    block('List Item', 0.03, `- ${writer.sentence(6)}`),
    block('Page Number', 0.02, String(page)),
  ];
}

function table(writer: Writer): string {
  const rows = Array.from(
    { length: writer.integer(2, 4) },
    () => `| ${writer.sentence(2).slice(0, -1)} | ${writer.integer(1, 20)} | ${writer.amount().toFixed(2)} |`,
  );
  return ['| Item | Quantity | Amount |', '| --- | --- | --- |', ...rows].join('\n');
}

// A result is made whenever it is asked for; of a longer document its first pages stand for the rest.
const maxPages = 1000;

/** What was parsed, as the bare object that a result's URL serves too. */
export function fullResult({ job }: ResultContext): FullResult {
  const { mode, hidden, markers } = options(job.config);
  const pages = Array.from({ length: Math.min(job.pages, maxPages) }, (_, i) =>
    pageBlocks(i + 1, createWriter(seededRandom(pageSeed(job.seed, i)))),
  );
  const toChunk = (blocks: Block[]): Chunk => {
    const shown = blocks.filter(({ type }) => !hidden.includes(type));
    const content = shown
      .map(({ bbox, content: text }, i) =>
        markers && bbox.page !== shown[i - 1]?.bbox.page ? `[[START OF PAGE ${bbox.page}]]\n\n${text}` : text,
      )
      .join('\n\n');
    return { content, embed: content, enriched: null, enrichment_success: false, blocks };
  };
  const groups =
    mode === 'disabled' ? [pages.flat()] : mode === 'block' ? pages.flat().map((block) => [block]) : pages;
  return { type: 'full', chunks: groups.map(toChunk), ocr: null, custom: null };
}

// A seed of its own for each page, so that a page is the same however many there are.
const pageSeed = (seed: number, page: number): number => seed + page * 7919;

/** The options that shape chunks, in the V3 or the legacy place. */
function options(config: Record<string, unknown>): { mode: string; hidden: string[]; markers: boolean } {
  const {
    retrieval,
    options: legacy,
    formatting,
  } = config as {
    retrieval?: { chunking?: { chunk_mode?: string }; filter_blocks?: string[] };
    options?: { chunking?: { chunk_mode?: string }; filter_blocks?: string[] };
    formatting?: { add_page_markers?: boolean };
  };
  const chosen = legacy ?? retrieval;
  return {
    mode: chosen?.chunking?.chunk_mode ?? (config.input === undefined ? 'variable' : 'disabled'),
    hidden: chosen?.filter_blocks ?? [],
    markers: formatting?.add_page_markers === true,
  };
}

/** `ParseResponse`: the result in full, or its URL when that was asked for or it is large. */
export function parseResponse(context: ResultContext): Record<string, unknown> {
  const { job, settings, resultUrl } = context;
  const full = fullResult(context);
  const { force_url_result: v3 } = (job.config.settings ?? {}) as { force_url_result?: boolean };
  const { force_url_result: v2 } = (job.config.options ?? {}) as { force_url_result?: boolean };
  const asUrl =
    v3 === true || v2 === true || Buffer.byteLength(JSON.stringify(full)) > settings.urlResultAbove;
  const { id, url } = resultUrl(job);
  return {
    job_id: job.id,
    duration: context.duration,
    pdf_url: null,
    studio_link: null,
    usage: context.usage,
    result: asUrl ? { type: 'url', url, result_id: id } : full,
  };
}
