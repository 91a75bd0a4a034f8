import * as z from 'zod';
import { kinds } from '../../core/scrub/tally.ts';
import type { CommandId, CommandResult } from '../../runtime/commands/index.ts';
import { checkRun, comparedChecks, exploration, report } from './check-results.ts';
import { describes } from './describes.ts';
import { detail, int, ms, shownAttempt, strings, summary, time } from './records.ts';
import { ruleStatus, tunnel, work } from './status.ts';

// What each command gives. The compiler holds every schema against the command's own type.

const sent = {
  sent: int.describe('requests'),
  outcomes: z.record(z.string(), int).describe('how often each status or error came'),
  omitted: int.describe('attempts that are not listed here'),
  attempts: z.array(shownAttempt),
  failed: int,
  cancelled: z.boolean(),
  seed: z.number(),
};

const replayed = describes<CommandResult<'replay'>>()(
  z.object({
    ...sent,
    warnings: strings.exactOptional(),
    schedule: z
      .object({
        name: z.string(),
        delays: z.array(ms).describe('before each retry'),
        assumed: z.string().nullable().describe('what of it no official source states'),
        timeScale: z.number(),
      })
      .exactOptional(),
  }),
);

const text = z.string().nullable();
const change = { before: text, after: text };

const difference = z.object({
  start: z.object(change).nullable(),
  headers: z.array(z.object({ name: z.string(), ...change })),
  body: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('same') }),
    z.object({
      kind: z.literal('lines'),
      json: z.boolean(),
      hunks: z.array(
        z.object({
          ...{ beforeStart: int, beforeLines: int, afterStart: int, afterLines: int },
          lines: z.array(z.object({ kind: z.enum(['same', 'removed', 'added', 'note']), text: z.string() })),
        }),
      ),
    }),
    z.object({ kind: z.literal('differs'), note: z.string() }),
  ]),
});

const handlerRun = z.object({
  deliverySeq: int,
  deliveryId: z.string(),
  attemptId: z.string().nullable(),
  by: z.enum(['header', 'time']),
});

const emulatedJob = z.object({
  id: z.string(),
  type: z.enum(['Parse', 'Extract', 'Split', 'Edit', 'Pipeline', 'Classify']),
  status: z.enum(['Pending', 'Idle', 'InProgress', 'Completing', 'Completed', 'Failed', 'Cancelled']),
  reason: z.string().nullable(),
  createdAt: time,
  endedAt: time.nullable(),
  expiresAt: time.nullable(),
  webhook: z.string().nullable().describe('a URL, "svix", or null for none'),
  webhookState: z.enum(['due', 'tried']).nullable(),
  fetches: int,
  lastFetchAt: time.nullable(),
  fetchedBy: z
    .array(
      z.object({
        at: time,
        status: int.nullable(),
        userAgent: z.string().nullable(),
        run: handlerRun.nullable().describe('the run of the handler that made it'),
      }),
    )
    .exactOptional()
    .describe('of one job that was asked for'),
});

const outcome = { report, exploration: exploration.nullable() };

type Results = { [K in Exclude<CommandId, 'jobs'>]: z.ZodType };

const scrubSummary = z.object({
  kinds: z.partialRecord(z.enum(kinds), int).describe('how many values of each kind'),
  paths: z.record(z.string(), int).describe('how many values where'),
  notes: strings.describe('what was replaced whole'),
  signed: int.describe('signatures that were made anew, with svixSecret'),
  secrets: int.describe('values of metadata.secret that are now secret'),
  ...{ svixSecret: z.string(), secret: z.string() },
});

/** What each command gives, by its id. */
export const results = {
  trigger: describes<CommandResult<'trigger'>>()(
    z.union([z.object({ events: strings }), z.object({ ...sent, captured: int })]),
  ),
  list: describes<CommandResult<'list'>>()(z.object({ deliveries: z.array(summary) })),
  show: describes<CommandResult<'show'>>()(detail),
  filter: describes<CommandResult<'filter'>>()(z.object({ matches: int })),
  stats: describes<CommandResult<'stats'>>()(
    z.object({
      from: time,
      bucketMs: ms,
      counts: z.array(z.object({ ok: int, error: int, pending: int, none: int })),
    }),
  ),
  replay: replayed,
  duplicate: describes<CommandResult<'duplicate'>>()(replayed),
  retry: describes<CommandResult<'retry'>>()(replayed),
  faults: describes<CommandResult<'faults'>>()(
    z.object({
      active: z.string(),
      seed: z.number(),
      kinds: z.array(
        z.object({
          name: z.string(),
          direction: z.enum(['app', 'sender']),
          form: z.string().nullable(),
          fields: z.array(
            z.object({
              label: z.string(),
              initial: z.string(),
              before: z.string().exactOptional(),
              after: z.string().exactOptional(),
              flag: z.string().exactOptional(),
            }),
          ),
          help: z.string(),
          example: z.string(),
        }),
      ),
    }),
  ),
  hold: describes<CommandResult<'hold'>>()(z.object({ holding: z.boolean(), held: z.array(int) })),
  release: describes<CommandResult<'release'>>()(z.object({ released: int, held: z.array(int) })),
  check: describes<CommandResult<'check'>>()(z.object({ id: int, ...outcome })),
  scenario: describes<CommandResult<'scenario'>>()(z.object({ id: int, ...outcome })),
  'check-runs': describes<CommandResult<'check-runs'>>()(z.object({ runs: z.array(checkRun) })),
  'check-run': describes<CommandResult<'check-run'>>()(z.object({ summary: checkRun, ...outcome })),
  'check-diff': describes<CommandResult<'check-diff'>>()(
    z.object({
      before: checkRun,
      after: checkRun,
      checks: comparedChecks,
    }),
  ),
  work: describes<CommandResult<'work'>>()(z.object({ work: z.array(work) })),
  skip: describes<CommandResult<'skip'>>()(z.object({ skipped: z.string() })),
  cancel: describes<CommandResult<'cancel'>>()(z.object({ cancelled: z.string(), done: int })),
  job: describes<CommandResult<'job'>>()(
    z.object({
      id: z.string(),
      source: z.enum(['emulator', 'reducto']),
      job: z.record(z.string(), z.unknown()).describe('as GET /job/{id} of Reducto answers'),
    }),
  ),
  'expect-job': describes<CommandResult<'expect-job'>>()(z.object({ expected: strings })),
  diff: describes<CommandResult<'diff'>>()(z.object({ difference, text: z.string() })),
  export: describes<CommandResult<'export'>>()(
    z.object({
      exported: int,
      warnings: strings,
      text: z.string().exactOptional(),
      file: z.string().exactOptional(),
      scrubbed: scrubSummary.exactOptional().describe('what was replaced'),
    }),
  ),
  import: describes<CommandResult<'import'>>()(
    z.object({
      ...{ imported: int, first: int.nullable(), last: int.nullable(), masked: int, warnings: strings },
      notKept: int.describe('those that the history has no room for'),
      limit: z.enum(['keep', 'keepBytes']).exactOptional(),
    }),
  ),
  copy: describes<CommandResult<'copy'>>()(z.object({ text: z.string(), copied: z.boolean() })),
  clear: describes<CommandResult<'clear'>>()(z.object({ removed: int })),
  tunnels: describes<CommandResult<'tunnels'>>()(
    z.object({
      tunnels: z.array(
        z.object({
          ...{ name: z.string(), help: z.string(), needs: z.string(), inUse: z.boolean() },
          atHand: z.union([
            z.object({ ok: z.literal(true), what: z.string().nullable() }),
            z.object({ ok: z.literal(false), todo: z.string() }),
          ]),
          byDefault: int.nullable().describe('place in the order when none is asked for, from 1'),
        }),
      ),
    }),
  ),
  'reopen-tunnel': describes<CommandResult<'reopen-tunnel'>>()(z.object({ tunnel })),
  rules: describes<CommandResult<'rules'>>()(z.object({ rules: z.array(ruleStatus) })),
  inspector: describes<CommandResult<'inspector'>>()(z.object({ url: z.string(), opened: z.boolean() })),
  'emulated-jobs': describes<CommandResult<'emulated-jobs'>>()(
    z.object({ warnings: strings.exactOptional(), jobs: z.array(emulatedJob) }),
  ),
  'end-job': describes<CommandResult<'end-job'>>()(
    z.object({ id: z.string(), status: z.enum(['Completed', 'Failed', 'Cancelled']) }),
  ),
  'expire-job': describes<CommandResult<'expire-job'>>()(z.object({ expired: z.string() })),
  'emulator-faults': describes<CommandResult<'emulator-faults'>>()(z.object({ active: z.string() })),
  'svix-endpoints': describes<CommandResult<'svix-endpoints'>>()(
    z.object({
      endpoints: z.array(
        z.object({ id: z.string(), url: z.string(), channels: strings.nullable(), secret: z.string() }),
      ),
    }),
  ),
} satisfies Results;
