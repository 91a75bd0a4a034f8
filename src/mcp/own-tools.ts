import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { reportOf } from '../checks/report/json.ts';
import { plainReport } from '../checks/report/plain.ts';
import { UserError } from '../core/errors.ts';
import { parseFilter } from '../core/filter.ts';
import type { CheckRunStatus, Status } from '../core/session.ts';
import type { CommandArgs } from '../runtime/commands/index.ts';
import { shownArgs } from '../runtime/describe.ts';
import type { Host } from './host.ts';
import type { Call, Tool, ToolResult } from './tool.ts';

/** ms between two looks at what has come. */
const lookMs = 250;
const mostWaitS = 600;

const seconds = (byDefault: number): z.ZodDefault<z.ZodNumber> =>
  z.number().min(1).max(mostWaitS).default(byDefault).describe('seconds to wait at most');

/** Tools that are no commands: what waits, and what tells of its progress. */
export const ownTools: readonly Tool[] = [
  {
    name: 'wait_for_delivery',
    description:
      'Wait until deliveries that match have come (and been answered, where the filter asks for an outcome), and give them',
    args: z.object({
      filter: z.string().default('').describe('in the filter language, e.g. status:completed AND outcome:ok'),
      count: z.number().int().min(1).max(100).default(1).describe('how many'),
      after: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe('only those with a greater number; left out: only those that come from now on'),
      timeout: seconds(60),
    }),
    annotations: { readOnlyHint: true, destructiveHint: false },
    rest: 'ask show for one of them',
    run: waitForDelivery,
  },
  {
    name: 'public_url',
    description: 'The public URL that leads to this machine, for a webhook to call; waits until it works',
    args: z.object({ timeout: seconds(30) }),
    annotations: { readOnlyHint: true, destructiveHint: false },
    rest: '',
    run: publicUrl,
  },
  {
    name: 'run_check',
    description:
      'Prove that a webhook handler is idempotent, or show what breaks it: what was sent, what was expected and observed, why, and how to fix it. Without effects (a command or URL that shows the state of the app) nothing can be proven',
    args: z.object(withoutExploration()),
    annotations: { readOnlyHint: false, destructiveHint: false },
    rest: 'ask check_run for the whole report, or show for a delivery',
    run: (host, args, call) => check(host, args, call),
  },
  {
    name: 'explore',
    description:
      'Search for a schedule of deliveries, lost answers, crashes and API failures that breaks a handler, and shrink it to the shortest one',
    args: z.object(shownChecks()),
    annotations: { readOnlyHint: false, destructiveHint: false },
    rest: 'ask check_run for the whole report',
    run: (host, args, call) => check(host, { ...args, explore: true }, call),
  },
  {
    name: 'run_scenario',
    description:
      'Make scenarios happen that YAML files describe (deliveries, faults, crashes, expectations), as regression tests of a handler: what went wrong, and how it went. `reducto-webhook-dev scenario schema` prints what a file may say',
    args: z.object(withoutAction()),
    annotations: { readOnlyHint: false, destructiveHint: false },
    rest: 'ask check_run for the whole report',
    run: (host, args, call) => reported('scenario', host, args, call),
  },
  {
    name: 'doctor',
    description:
      'Say what is right and wrong on this machine for receiving webhooks, and what to do about it',
    args: z.object({}),
    annotations: { readOnlyHint: true, destructiveHint: false },
    rest: '',
    run: async (host) => ({ value: await host.diagnose() }),
  },
];

/** The arguments of `check`, but for what says how its process is run, and the switch that makes it an exploration. */
function shownChecks(): Record<string, z.ZodType> {
  const { explore: _, ...shape } = shownArgs('check');
  return shape;
}

function withoutExploration(): Record<string, z.ZodType> {
  const { runs: _, time: __, ...shape } = shownChecks();
  return shape;
}

function withoutAction(): Record<string, z.ZodType> {
  const { action: _, ...shape } = shownArgs('scenario');
  return shape;
}

async function waitForDelivery(
  host: Host,
  args: Record<string, unknown>,
  { signal, progress }: Call,
): Promise<ToolResult> {
  const { filter, count, timeout, after } = args as {
    filter: string;
    count: number;
    timeout: number;
    after?: number;
  };
  parseFilter(filter);
  const newest = async (): Promise<number> => (await host.run('list', { limit: 1 })).deliveries[0]?.seq ?? 0;
  const from = after ?? (await newest());
  const until = performance.now() + timeout * 1000;
  for (;;) {
    const { deliveries } = await host.run('list', { filter, after: from, from: 'oldest', limit: count });
    if (deliveries.length >= count) return { value: { deliveries: deliveries.reverse() } };
    progress(deliveries.length, count, `${deliveries.length} of ${count} have come`);
    if (performance.now() > until) {
      const came = (await host.run('list', { after: from, limit: 20 })).deliveries;
      return {
        failed: true,
        text: `Only ${deliveries.length} of ${count} came in ${timeout} s; what did come stands below.`,
        value: { matching: deliveries, came },
      };
    }
    await delay(lookMs, undefined, { signal });
  }
}

async function publicUrl(host: Host, args: Record<string, unknown>, { signal }: Call): Promise<ToolResult> {
  const until = performance.now() + (args.timeout as number) * 1000;
  for (;;) {
    const { tunnel, receiverUrl } = await host.status();
    if (tunnel.state === 'open' || tunnel.state === 'off' || performance.now() > until)
      return { value: urlOf(tunnel, receiverUrl), failed: tunnel.state !== 'open' && tunnel.state !== 'off' };
    await delay(lookMs, undefined, { signal });
  }
}

const urlOf = (tunnel: Status['tunnel'], receiverUrl: string): Record<string, unknown> =>
  tunnel.state === 'open'
    ? { url: tunnel.url, by: tunnel.provider, note: tunnel.reason, localUrl: receiverUrl }
    : {
        url: null,
        state: tunnel.state,
        why: tunnel.reason ?? 'it was started without a tunnel',
        localUrl: receiverUrl,
      };

const check = (host: Host, args: Record<string, unknown>, call: Call): Promise<ToolResult> =>
  reported('check', host, args, call);

async function reported(
  id: 'check' | 'scenario',
  host: Host,
  args: Record<string, unknown>,
  call: Call,
): Promise<ToolResult> {
  const onCheck = ({ rows, doing }: CheckRunStatus): void => {
    const ended = rows.filter(({ state }) => state !== 'waiting' && state !== 'running');
    const last = ended.at(-1);
    call.progress(ended.length, rows.length || null, last ? `${last.id}: ${last.state}; ${doing}` : doing);
  };
  const asked = { ...args, cwd: process.cwd(), environment: { ...process.env } } as CommandArgs<typeof id>;
  const { report, exploration } = await host.run(id, asked, { signal: call.signal, onCheck });
  if (call.signal.aborted) throw new UserError('cancelled', 'The run was cancelled.');
  const { verdict, sum, findings, results, exitCode } = report;
  // What passed needs no words.
  const told = results.filter(({ verdict: { outcome } }) => outcome !== 'passed');
  return {
    text: plainReport(reportOf(report)),
    value: {
      passed: exitCode === 0,
      ...{ verdict, sum, findings, results: told },
      ...(exploration?.finding ? { shortest: exploration.finding } : {}),
    },
  };
}
