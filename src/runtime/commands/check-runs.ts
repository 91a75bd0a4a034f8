import * as z from 'zod';
import { UserError, usageError } from '../../core/errors.ts';
import type { CheckOutcome } from '../checking.ts';
import { type CommandContext, defineCommand } from '../command.ts';

const number = (help: string) => z.coerce.number().int().min(1).optional().describe(help);

export const checkRuns = defineCommand({
  help: 'List the past runs of check, newest first',
  example: '--limit 20',
  offline: true,
  args: z.object({
    limit: z.coerce.number().int().min(1).max(1000).default(50).describe('at most this many'),
    before: number('only those with a lower number'),
  }),
  run: ({ store }, query) => ({ runs: store.checkRuns.list(query) }),
});

export const checkRun = defineCommand({
  help: 'Show a past run of check: what failed, why it matters, and how to fix it',
  example: '3',
  offline: true,
  positional: ['id'],
  args: z.object({ id: number('its number, as check-runs has it; the newest one when absent') }),
  run: (context, { id = newest(context, 0) }) => load(context, id),
});

export const checkDiff = defineCommand({
  help: 'Compare two runs of check: what is fixed, broken since, or still failing',
  example: '2 3',
  offline: true,
  positional: ['before', 'after'],
  args: z.object({
    before: number('the earlier run; the one before the newest when absent'),
    after: number('the later run; the newest when absent'),
  }),
  async run(context, { before = newest(context, 1), after = newest(context, 0) }) {
    const { compareRuns } = await import('../../checks/compare.ts');
    const [earlier, later] = [load(context, before), load(context, after)];
    if (earlier.summary.kind !== later.summary.kind)
      throw usageError(
        'kind',
        `Run ${before} and run ${after} are of different kinds: checks, exploration, scenarios.`,
      );
    return {
      ...{ before: earlier.summary, after: later.summary },
      checks: compareRuns(earlier.report.results, later.report.results),
    };
  },
});

/** The number of the newest run, or of one before it. @throws UserError when there is none */
function newest({ store }: CommandContext, back: number): number {
  const found = store.checkRuns.list({ limit: back + 1 })[back];
  if (found) return found.id;
  throw new UserError(
    'no-run',
    back === 0 ? 'There is no run of check yet.' : 'There is only one run of check, and none before it.',
  );
}

/** A run as it was kept. @throws UserError when there is none, or it is damaged */
function load({ store }: CommandContext, id: number) {
  const found = store.checkRuns.get(id);
  if (!found) throw new UserError('no-run', `There is no run ${id}: see reducto-webhook-dev check-runs.`);
  const { summary, report } = found;
  if (report === null)
    throw new UserError('damaged', `Run ${id} is damaged (${(summary.damage ?? []).join('; ')}).`);
  // As it was put: JSON of what `check` gives.
  return { summary, ...(JSON.parse(report) as Omit<CheckOutcome, 'id'>) };
}
