import * as z from 'zod';

// The request bodies of the published schema (openapi.json, v1.11.57), as far as they decide what is valid.
// Like the real API, these ignore keys that they do not know.

const upload = z.looseObject({ file_id: z.string(), presigned_url: z.string().nullish() });
const input = z.union([z.string(), z.array(z.string()), upload]);
const oneInput = z.union([z.string(), upload]);
const flag = z.boolean().optional();
const text = z.string().optional();
const nullableText = z.string().nullish();
const pageRange = z.looseObject({ start: z.int().nullish(), end: z.int().nullish() });
const pages = z.union([pageRange, z.array(pageRange), z.array(z.int()), z.array(z.string())]).nullish();

const blockTypes = [
  'Header',
  'Footer',
  'Title',
  'Section Header',
  'Page Number',
  'List Item',
  'Figure',
  'Table',
  'Key Value',
  'Text',
  'Comment',
  'Signature',
] as const;

/** The types of a parsed block. */
export type BlockType = (typeof blockTypes)[number];

const chunkModes = ['variable', 'section', 'page', 'disabled', 'block', 'page_sections'] as const;
const chunking = z.looseObject({
  chunk_mode: z.enum(chunkModes).optional(),
  chunk_size: z.int().nullish(),
  chunk_overlap: z.int().optional(),
});

const parsing = {
  enhance: z
    .looseObject({
      agentic: z.array(z.looseObject({ scope: z.enum(['table', 'figure', 'text']).optional() })).optional(),
      summarize_figures: flag,
      intelligent_ordering: flag,
    })
    .optional(),
  retrieval: z
    .looseObject({
      chunking: chunking.optional(),
      filter_blocks: z.array(z.enum(blockTypes)).optional(),
      embedding_optimized: flag,
    })
    .optional(),
  formatting: z
    .looseObject({
      add_page_markers: flag,
      table_output_format: z.enum(['html', 'json', 'md', 'jsonbbox', 'dynamic', 'csv']).optional(),
      merge_tables: flag,
      include: z
        .array(
          z.enum([
            'change_tracking',
            'highlight',
            'comments',
            'hyperlinks',
            'signatures',
            'ignore_watermarks',
          ]),
        )
        .optional(),
    })
    .optional(),
  spreadsheet: z
    .looseObject({
      clustering: z.enum(['accurate', 'fast', 'disabled']).optional(),
      include: z.array(z.enum(['cell_colors', 'formula', 'dropdowns'])).optional(),
      exclude: z
        .array(z.enum(['hidden_sheets', 'hidden_rows', 'hidden_cols', 'styling', 'spreadsheet_images']))
        .optional(),
    })
    .optional(),
  settings: z
    .looseObject({
      ocr_system: z.enum(['standard', 'legacy']).optional(),
      extraction_mode: z.enum(['ocr', 'hybrid']).optional(),
      force_url_result: flag,
      force_file_extension: nullableText,
      return_ocr_data: flag,
      return_images: z.array(z.enum(['figure', 'table', 'page'])).optional(),
      embed_pdf_metadata: flag,
      persist_results: flag,
      timeout: z.number().nullish(),
      page_range: pages,
      document_password: nullableText,
    })
    .optional(),
};
const parseOptions = z.looseObject(parsing).optional();

// `{url}` alone is direct, `{}` or `{channels}` alone is Svix: a union resolved by shape.
const channels = z.array(z.string()).optional();
const v3Webhook = z.union([
  z.looseObject({ mode: z.literal('direct').optional(), url: z.string() }),
  z.looseObject({ mode: z.literal('svix').optional(), channels }),
  z.null(),
]);
const asyncConfig = z
  .looseObject({ metadata: z.unknown().optional(), priority: flag, webhook: v3Webhook.optional() })
  .optional();

// That a direct webhook without a URL is refused is assumed: the published schema leaves the URL optional.
const flatWebhook = z
  .looseObject({
    mode: z.enum(['disabled', 'svix', 'direct']).optional(),
    url: text,
    metadata: z.unknown().optional(),
    channels,
  })
  .refine(({ mode, url }) => mode !== 'direct' || url !== undefined, {
    path: ['url'],
    message: 'a direct webhook needs a url',
  })
  .optional();

const v2Options = {
  options: z
    .looseObject({
      ocr_mode: z.enum(['standard', 'agentic']).optional(),
      extraction_mode: z.enum(['ocr', 'metadata', 'hybrid']).optional(),
      chunking: chunking.optional(),
      filter_blocks: z.array(z.enum(blockTypes)).optional(),
      force_url_result: flag,
    })
    .optional(),
  advanced_options: z.looseObject({ page_range: pages, persist_results: flag }).optional(),
  experimental_options: z.looseObject({}).optional(),
  priority: flag,
  webhook: flatWebhook,
};

const description = z.array(
  z.looseObject({ name: z.string(), description: z.string(), partition_key: nullableText }),
);
const citations = z.looseObject({ enabled: flag, numerical_confidence: flag }).optional();
const instructions = z.looseObject({ schema: z.unknown().optional(), system_prompt: text }).optional();
const queue = z.enum(['auto', 'batch']).optional();
const pipelineSettings = z.strictObject({ document_password: nullableText }).optional();

const widget = z.looseObject({
  bbox: z.looseObject({
    left: z.number(),
    top: z.number(),
    width: z.number(),
    height: z.number(),
    page: z.int(),
    original_page: z.int().optional(),
  }),
  description: z.string(),
  type: z.enum(['text', 'checkbox', 'radio', 'dropdown', 'barcode']),
  fill: flag,
  value: nullableText,
  font_size: z.number().min(1).max(72).nullish(),
});

const edit = z.looseObject({
  document_url: oneInput,
  edit_instructions: z.string(),
  edit_options: z
    .looseObject({
      color: z
        .string()
        .regex(/^#[0-9A-Fa-f]{6}$/)
        .optional(),
      font_size: z.number().min(1).max(72).nullish(),
      llm_provider_preference: z.enum(['openai', 'anthropic', 'google']).nullish(),
      enable_overflow_pages: flag,
      flatten: flag,
    })
    .optional(),
  form_schema: z.array(widget).nullish(),
  priority: flag,
  webhook: flatWebhook,
});

/** A body in its current and, where there is one, its legacy (V2) shape. */
interface Shapes {
  v3: z.ZodObject;
  v2?: z.ZodObject;
}

/** The body that each kind of job is submitted with. */
export const bodies = {
  Parse: {
    v3: z.looseObject({ input, async: asyncConfig, queue_priority: queue, ...parsing }),
    v2: z.looseObject({ document_url: oneInput, ...v2Options }),
  },
  Extract: {
    v3: z.looseObject({
      input,
      async: asyncConfig,
      parsing: parseOptions,
      instructions,
      settings: z
        .looseObject({
          include_images: flag,
          optimize_for_latency: flag,
          array_extract: flag,
          deep_extract: flag,
          citations,
        })
        .optional(),
    }),
    v2: z.looseObject({
      document_url: input,
      schema: z.unknown().refine((schema) => schema !== undefined, { params: { missing: true } }),
      system_prompt: text,
      generate_citations: flag,
      deep_extract: flag,
      array_extract: z.looseObject({ enabled: flag }).optional(),
      ...v2Options,
    }),
  },
  Split: {
    v3: z.looseObject({
      input,
      async: asyncConfig,
      split_description: description,
      parsing: parseOptions,
      split_rules: text,
      settings: z.looseObject({ table_cutoff: z.enum(['truncate', 'preserve']).optional() }).optional(),
    }),
    v2: z.looseObject({
      document_url: input,
      split_description: description,
      split_rules: text,
      deep_split: flag,
      include_confidence: flag,
      ...v2Options,
    }),
  },
  Pipeline: {
    v3: z.looseObject({ input, pipeline_id: z.string(), async: asyncConfig, settings: pipelineSettings }),
    v2: z.looseObject({
      document_url: input,
      pipeline_id: z.string(),
      settings: pipelineSettings,
      priority: flag,
      webhook: flatWebhook,
    }),
  },
  Edit: { v3: edit },
  Classify: {
    v3: z.looseObject({
      input,
      classification_schema: z
        .array(z.looseObject({ category: z.string(), criteria: z.array(z.string()) }))
        .optional(),
      document_metadata: nullableText,
      page_range: z.union([pageRange, z.array(pageRange), z.array(z.int())]).nullish(),
      persist_results: flag,
    }),
  },
} as const satisfies Record<string, Shapes>;
