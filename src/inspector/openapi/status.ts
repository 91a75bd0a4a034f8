import * as z from 'zod';
import { ruleKinds } from '../../core/rules/kinds.ts';
import type { RuleKind, RuleStatus } from '../../core/rules/rule.ts';
import type { CheckRunStatus, Status, TunnelStatus, WorkStatus } from '../../core/session.ts';
import type { OfflineStatus } from '../../runtime/offline.ts';
import type { LogEvent } from '../event-log.ts';
import type { LiveMessage } from '../live.ts';
import { describes } from './describes.ts';
import { int, strings, summary, time } from './records.ts';

// What the tool says of itself, and what it tells as it happens. core/session.ts has it as types.

export const tunnel = describes<TunnelStatus>()(
  z.object({
    provider: z.string(),
    order: strings.describe('when one can not be had, the next takes over'),
    state: z.enum(['off', 'opening', 'open', 'degraded', 'reconnecting', 'closed']),
    url: z.string().nullable(),
    reason: z.string().nullable(),
    since: time,
    latencyMs: z.number().nullable().describe('through the public URL and back, ms'),
    changes: strings.nullable().describe('what arrives otherwise than it was sent through it'),
  }),
);

export const work = describes<WorkStatus>()(
  z.object({
    id: z.string(),
    label: z.string(),
    total: int.nullable().describe('requests to send in all; null when that depends on the answers'),
    done: int,
    failed: int,
    nextAt: time.nullable().describe('when the next attempt is due, ms since the epoch'),
    delays: z.array(z.number()).exactOptional().describe('ms before each retry'),
    state: z.enum(['running', 'done', 'cancelled']),
  }),
);

export const checkStatus = describes<CheckRunStatus>()(
  z.object({
    id: int,
    workId: z.string(),
    kind: z.enum(['checks', 'explore', 'scenarios']),
    endpoint: z.string(),
    startedAt: time,
    doing: z.string(),
    expected: z.object({ endsAt: time, checks: int, width: int }).nullable(),
    emulator: z.object({ url: z.string(), appMustUseIt: z.boolean() }).nullable(),
    egress: z.object({ url: z.string(), certificateFile: z.string() }).nullable(),
    rows: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        state: z.enum(['waiting', 'running', 'passed', 'failed', 'not judged', 'not applicable']),
        severity: z.enum(['error', 'warning', 'info']),
        message: z.string(),
        durationMs: z.number().nullable(),
      }),
    ),
  }),
);

/** A process that does long work without a `listen` says no more of itself. */
export const offlineStatus = describes<OfflineStatus>()(
  z.object({
    version: z.string(),
    pid: int,
    deliveries: int.describe('in the store'),
    work: z.array(work),
    check: checkStatus.nullable(),
  }),
);

export const ruleStatus = describes<RuleStatus>()(
  z.object({
    kind: z.enum(Object.keys(ruleKinds) as RuleKind[]),
    text: z.string(),
    matched: int.describe('deliveries that it was about since the start'),
  }),
);

export const status = describes<Status>()(
  offlineStatus.extend({
    startedAt: time,
    dataDir: z.string(),
    receiverUrl: z.string(),
    inspectorUrl: z.string().nullable().describe('the link that lets the next browser see the page'),
    tunnel,
    endpoints: z.array(
      z.object({
        name: z.string(),
        state: z.enum(['unknown', 'up', 'down']),
        reason: z.string().nullable(),
      }),
    ),
    rules: z.array(ruleStatus).describe('what is done with what comes in, in its order'),
    ack: z.string().describe('what the sender is answered: app, now or a status code'),
    verification: z.object({ secret: z.boolean(), svix: z.boolean(), reject: z.boolean() }),
    faults: z.string().describe('those at work on what comes in'),
    seed: z.number(),
    holding: z.boolean(),
    held: z.array(int).describe('the deliveries that wait'),
    emulator: z.object({ url: z.string(), running: int, ended: int, faults: z.string() }).nullable(),
    expectedJobs: strings,
    banner: strings,
    storeProblem: z.string().nullable().describe("why deliveries can't be stored right now"),
  }),
);

const jobFetch = z.object({
  jobId: z.string(),
  at: time,
  status: int.nullable(),
  userAgent: z.string().nullable(),
  deliveryId: z.string().nullable(),
  attemptId: z.string().nullable(),
});

const n = int.describe('counts up by one');

const event = describes<LogEvent>()(
  z.union([
    z.object({ n, type: z.enum(['delivery', 'acknowledgement']), seq: int }),
    z.object({ n, type: z.literal('attempt'), seq: int, number: int, ended: z.boolean() }),
    z.object({ n, type: z.enum(['removed', 'check', 'endpoints']) }),
    z.object({ n, type: z.enum(['job', 'unheard']), jobId: z.string() }),
    z.object({ n, type: z.literal('fetch'), fetch: jobFetch, ended: z.boolean() }),
    z.object({ n, type: z.literal('fault'), method: z.string(), path: z.string(), applied: strings }),
    z.object({ n, type: z.literal('error'), code: z.string(), message: z.string() }),
  ]),
);

export const liveMessage = describes<LiveMessage<Status | OfflineStatus>>()(
  z.object({
    epoch: z.string().describe('another one after a restart'),
    last: int.describe('the newest event that the reader knows now'),
    events: z.array(event),
    rows: z
      .array(summary)
      .exactOptional()
      .describe('of the deliveries that events name the newest, as they are now, as many as were asked for'),
    reset: z.literal(true).exactOptional().describe('what was missed is gone: read everything anew'),
    status: z.union([status, offlineStatus]).exactOptional().describe('where it has changed'),
  }),
);
