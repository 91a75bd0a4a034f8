import * as z from 'zod';
import type { Moment } from '../../checks/explore/interpret.ts';
import type { ReportRecord } from '../../checks/report/json.ts';
import type { KeptExploration } from '../../runtime/check-record.ts';
import type { CheckRunSummary } from '../../store/check-runs.ts';
import { describes, type Plain } from './describes.ts';
import { int, ms, strings, time } from './records.ts';

// What the checks found, as it is kept.

const severity = z.enum(['error', 'warning', 'info']);
const cause = z.enum([
  ...(['again', 'lost', 'status', 'guard', 'signature', 'metadata', 'nonsense', 'assertion'] as const),
]);

const verdict = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('passed'), note: z.string().optional() }),
  z.object({
    outcome: z.literal('failed'),
    severity: severity.optional(),
    cause: cause.optional(),
    summary: z.string(),
    expected: z.string(),
    observed: z.string(),
    difference: z.object({ expected: strings, observed: strings }).nullable(),
    hint: z.string().optional(),
  }),
  z.object({
    outcome: z.literal('not judged'),
    reason: z.string(),
    applies: z.literal(false).exactOptional(),
  }),
]);

const sentByCheck = z.object({
  seq: int,
  id: z.string(),
  jobId: z.string(),
  attempts: z.array(
    z.object({
      id: z.string(),
      number: int,
      outcome: z.string(),
      durationMs: z.number().nullable(),
      note: z.string(),
    }),
  ),
});

export const report = describes<ReportRecord>()(
  z.object({
    v: z.literal(1),
    verdict: z.string(),
    sum: z.string(),
    version: z.string(),
    endpoint: z.string(),
    probes: strings,
    blind: z.string().nullable().describe('why effects could not be judged at all'),
    seed: z.number(),
    startedAt: z.string(),
    durationMs: ms,
    results: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        severity,
        verdict,
        durationMs: ms,
        sent: z.array(sentByCheck),
        appOutput: strings,
        course: strings.exactOptional().describe('how a scenario went that failed'),
        place: z
          .object({ line: int, column: int })
          .nullable()
          .exactOptional()
          .describe('where in its file it failed'),
        proves: z.string(),
        why: z.object({ text: z.string(), url: z.string() }),
        fix: z.string(),
      }),
    ),
    notes: strings,
    counts: z.object({ passed: int, failed: int, warnings: int, notJudged: int, notApplicable: int }),
    interrupted: z.boolean(),
    exitCode: z.union([z.literal(0), z.literal(1)]),
    findings: z
      .array(z.object({ severity, title: z.string(), fix: z.string(), checks: strings }))
      .describe('the failures by their causes'),
  }),
);

export const exploration = describes<KeptExploration>()(
  z.object({
    runs: int,
    shrinkRuns: int,
    finding: z
      .object({
        foundWith: int,
        moments: z.array(z.custom<Plain<Moment>>()),
        jobs: z.array(z.tuple([int, z.string()])),
        again: z.object({ broken: int, of: int }),
        timeline: z.string(),
        script: z.string(),
        scenario: z.string().describe('the same as the file of a scenario, in YAML'),
      })
      .nullable(),
  }),
);

export const checkRun = describes<CheckRunSummary>()(
  z.object({
    id: int,
    kind: z.enum(['checks', 'explore', 'scenarios']),
    startedAt: time,
    durationMs: ms,
    endpoint: z.string(),
    verdict: z.string(),
    exitCode: int,
    interrupted: z.boolean(),
    passed: int,
    failed: int,
    warnings: int,
    notJudged: int,
    damage: strings.exactOptional(),
  }),
);

export const comparedChecks = z.array(
  z.object({
    id: z.string(),
    title: z.string(),
    change: z.enum([
      ...(['fixed', 'broken since', 'still failing', 'new', 'no longer judged', 'not run', 'same'] as const),
    ]),
    before: z.string().nullable(),
    after: z.string().nullable(),
    message: z.string(),
  }),
);
