import * as z from 'zod';
import { type Acknowledgement, attemptErrorCodes, attemptReasons } from '../../core/delivery.ts';
import type {
  AttemptRecord,
  BodyRecord,
  DeliveryDetail,
  DeliveryRecord,
  DeliverySummary,
  ShownAttempt,
} from '../../core/record.ts';
import type { Verification } from '../../core/verification.ts';
import { describes } from './describes.ts';

// Deliveries and attempts as JSON, for those who read them from outside. core/record.ts has them as types.

export const int = z.int();
const header = z.tuple([z.string(), z.string()]);
export const time = z.number().describe('ms since the epoch');
export const ms = z.number().describe('ms');
export const strings = z.array(z.string());

export const body = describes<BodyRecord>()(
  z.object({
    encoding: z.enum(['utf8', 'base64']),
    data: z.string(),
    size: int.describe('bytes of the whole body'),
    masked: z.boolean().describe('whether a secret in data was replaced'),
    decoded: z
      .object({
        codings: z.string().describe('as content-encoding names them'),
        text: z.string(),
        size: int.describe('bytes of the text; at least that where it is not the whole'),
        whole: z.boolean().describe('false: only the beginning'),
      })
      .exactOptional()
      .describe('the text of a body that came compressed'),
    undecoded: z.string().exactOptional().describe('why a body that came compressed was not decoded'),
  }),
);

const verdict = z
  .object({
    verdict: z.enum(['ok', 'missing', 'mismatch', 'expired timestamp', 'bad signature']),
    reason: z.string(),
  })
  .nullable();

const verification = describes<Verification>()(z.object({ secret: verdict, svix: verdict }));

export const acknowledgement = describes<Acknowledgement>()(
  z.object({
    status: int.nullable().describe('null: the sender got no answer'),
    by: z.enum(['app', 'tool', 'nobody']),
    note: z.string().nullable(),
    at: time,
    durationMs: z.number(),
    faults: strings.exactOptional().describe('those that struck the sender'),
  }),
);

export const summary = describes<DeliverySummary>()(
  z.object({
    seq: int,
    id: z.string(),
    receivedAt: time,
    source: z.enum(['tunnel', 'local', 'trigger', 'check', 'emulator', 'import']),
    method: z.string(),
    target: z.string(),
    intake: z.enum(['complete', 'aborted', 'too-large', 'refused']),
    size: int.describe('bytes of body'),
    status: z.enum(['Completed', 'Failed']).nullable(),
    jobId: z.string().nullable(),
    metadata: z.string().nullable().describe('the metadata of the job, as JSON text'),
    note: z.string().nullable().describe('why this is no Reducto payload'),
    verification,
    acknowledgement: acknowledgement.nullable(),
    attempts: int.describe('how many'),
    lastAttempt: z
      .object({
        label: z.string().describe('a status, the code of an error, or pending'),
        status: int.nullable(),
        durationMs: z.number().nullable(),
        faulty: z.literal(true).exactOptional().describe('a fault was in it on purpose'),
      })
      .nullable(),
    damage: strings.exactOptional().describe('what of it is damaged in the history'),
  }),
);

export const delivery = describes<DeliveryRecord>()(
  summary.extend({
    httpVersion: z.string(),
    remoteAddress: z.string(),
    headers: z.array(header),
    body,
  }),
);

export const outcomes = {
  response: z.object({ kind: z.literal('response'), status: int, headers: z.array(header), body }),
  error: z.object({ kind: z.literal('error'), code: z.enum(attemptErrorCodes), message: z.string() }),
  pending: z.object({ kind: z.literal('pending') }),
};

export const attempt = describes<AttemptRecord>()(
  z.object({
    id: z.string(),
    deliveryId: z.string(),
    deliverySeq: int,
    number: int,
    endpoint: z.string(),
    reason: z.enum(attemptReasons),
    faults: strings,
    notes: strings.describe('what else was done to it'),
    startedAt: time,
    durationMs: z.number().nullable(),
    request: z.object({
      method: z.string(),
      url: z.string(),
      headers: z.array(header),
      body: body.nullable().describe("null: the delivery's own, byte for byte"),
    }),
    outcome: z.discriminatedUnion('kind', [outcomes.response, outcomes.error, outcomes.pending]),
  }),
);

export const shownAttempt = describes<ShownAttempt>()(
  attempt.extend({
    difference: z
      .string()
      .exactOptional()
      .describe('how its request differs from the delivery, as diff -u writes it'),
    since: z
      .object({
        change: z.enum(['fixed', 'broken since']),
        text: z.string(),
        answer: z.string().exactOptional().describe('how the answers differ, as diff -u writes it'),
      })
      .exactOptional()
      .describe('against the attempt before it at the same endpoint'),
  }),
);

export const detail = describes<DeliveryDetail>()(z.object({ delivery, attempts: z.array(shownAttempt) }));
