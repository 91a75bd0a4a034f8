import { z } from 'zod';
import { acknowledgement, attempt, delivery, outcomes } from '../../src/inspector/openapi/records.ts';
import { ruleStatus } from '../../src/inspector/openapi/status.ts';

// The lines of `--output json`, as the README publishes them and the tests check them.

const printed = {
  // As a value, where the API has it as text.
  delivery: delivery.extend({ metadata: z.unknown() }),
  // Told once it has ended.
  attempt: attempt.extend({ outcome: z.discriminatedUnion('kind', [outcomes.response, outcomes.error]) }),
};

const event = <T extends string, Shape extends z.ZodRawShape>(type: T, shape: Shape) =>
  z.object({ v: z.literal(1), type: z.literal(type), ...shape });

const ruleText = ruleStatus.omit({ matched: true });

/** One line of `--output json`. */
export const outputEventSchema = z.discriminatedUnion('type', [
  event('ready', {
    receiverUrl: z.string(),
    publicUrl: z.string().nullable(),
    inspectorUrl: z
      .string()
      .nullable()
      .describe('a link that lets one browser see the page; null with --no-inspector'),
    emulatorUrl: z.string().nullable().describe('what REDUCTO_BASE_URL is set to'),
    rules: z.array(ruleText).describe('what is done with what comes in, in its order'),
    pid: z.number().int(),
    version: z.string(),
    dataDir: z.string(),
  }),
  event('tunnel', {
    state: z.enum(['opening', 'open', 'degraded', 'reconnecting', 'closed']),
    url: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  event('delivery', { delivery: printed.delivery }),
  event('attempt', { attempt: printed.attempt }),
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
