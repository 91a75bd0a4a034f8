import { z } from 'zod';

// The lines of `--output json`, as the README publishes them and the tests check them. The types that the code
// is written in (core/record.ts) are the same thing for the compiler.

const header = z.tuple([z.string(), z.string()]);
const verdict = z.object({ verdict: z.string(), reason: z.string() }).nullable();
const body = z.object({
  encoding: z.enum(['utf8', 'base64']),
  data: z.string(),
  size: z.number().int().describe('bytes of the whole body'),
  masked: z.boolean().describe('whether a secret in data was replaced'),
  decoded: z
    .object({
      codings: z.string().describe('as content-encoding names them'),
      text: z.string(),
      whole: z.boolean().describe('false: only the beginning'),
    })
    .optional()
    .describe('the text of a body that came compressed'),
});
const acknowledgement = z.object({
  status: z.number().int().nullable().describe('null: the sender got no answer'),
  by: z.enum(['app', 'tool', 'nobody']),
  note: z.string().nullable(),
  at: z.number().describe('ms since the epoch'),
  durationMs: z.number(),
  faults: z.array(z.string()).optional(),
});

const delivery = z.object({
  seq: z.number().int(),
  id: z.string(),
  receivedAt: z.number().describe('ms since the epoch'),
  source: z.enum(['tunnel', 'local', 'trigger', 'check', 'emulator', 'import']),
  method: z.string(),
  target: z.string(),
  intake: z.enum(['complete', 'aborted', 'too-large', 'refused']),
  size: z.number().int(),
  status: z.enum(['Completed', 'Failed']).nullable(),
  jobId: z.string().nullable(),
  metadata: z.unknown(),
  note: z.string().nullable().describe('why this is no Reducto payload'),
  verification: z.object({ secret: verdict, svix: verdict }),
  acknowledgement: acknowledgement.nullable(),
  attempts: z.number().int(),
  lastAttempt: z
    .object({
      label: z.string(),
      status: z.number().int().nullable(),
      durationMs: z.number().nullable(),
      faulty: z.literal(true).optional().describe('a fault was in it on purpose'),
    })
    .nullable(),
  httpVersion: z.string(),
  remoteAddress: z.string(),
  headers: z.array(header),
  body,
});

const attempt = z.object({
  id: z.string(),
  deliveryId: z.string(),
  deliverySeq: z.number().int(),
  number: z.number().int(),
  endpoint: z.string(),
  reason: z.enum(['forward', 'replay', 'duplicate', 'retry', 'check']),
  faults: z.array(z.string()),
  notes: z.array(z.string()),
  startedAt: z.number().describe('ms since the epoch'),
  durationMs: z.number().nullable(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.array(header),
    body: body.nullable().describe("null: the delivery's own, byte for byte"),
  }),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('response'), status: z.number().int(), headers: z.array(header), body }),
    z.object({ kind: z.literal('error'), code: z.string(), message: z.string() }),
  ]),
});

const event = <T extends string, Shape extends z.ZodRawShape>(type: T, shape: Shape) =>
  z.object({ v: z.literal(1), type: z.literal(type), ...shape });

/** One line of `--output json`. */
export const outputEventSchema = z.discriminatedUnion('type', [
  event('ready', {
    receiverUrl: z.string(),
    publicUrl: z.string().nullable(),
    emulatorUrl: z.string().nullable().describe('what REDUCTO_BASE_URL is set to'),
    pid: z.number().int(),
    version: z.string(),
    dataDir: z.string(),
  }),
  event('tunnel', {
    state: z.enum(['opening', 'open', 'degraded', 'reconnecting', 'closed']),
    url: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  event('delivery', { delivery }),
  event('attempt', { attempt }),
  event('acknowledgement', {
    deliveryId: z.string(),
    deliverySeq: z.number().int(),
    ...acknowledgement.shape,
  }),
  event('job', {
    job: z.object({
      id: z.string(),
      type: z.enum(['Parse', 'Extract', 'Split', 'Edit', 'Pipeline', 'Classify']),
      status: z.enum(['Pending', 'Idle', 'InProgress', 'Completing', 'Completed', 'Failed', 'Cancelled']),
      reason: z.string().nullable(),
      createdAt: z.number(),
      endedAt: z.number().nullable(),
      expiresAt: z.number().nullable(),
      webhookState: z.enum(['due', 'tried']).nullable(),
      webhook: z.string().nullable().describe('a URL, "svix", or null for none'),
    }),
  }),
  event('fetch', {
    jobId: z.string(),
    at: z.number(),
    status: z.number().int().nullable().describe('null: it went without an answer'),
    userAgent: z.string().nullable(),
    deliveryId: z.string().nullable().describe('x-webhook-delivery-id, when the handler passed it on'),
    attemptId: z.string().nullable(),
  }),
  event('emulator-fault', { method: z.string(), path: z.string(), faults: z.array(z.string()) }),
  event('error', { code: z.string(), message: z.string() }),
]);
