import { join } from 'node:path';
import type { Baseline } from '../checks/against.ts';
import { UserError } from '../core/errors.ts';
import { type RunSettings, runCommand } from '../inspector/run-command.ts';
import type { CheckOutcome } from '../runtime/checking.ts';
import type { CommandArgs } from '../runtime/commands/index.ts';
import { findConfig } from '../runtime/config-file.ts';
import { defaultDataDir } from '../runtime/data-dir.ts';
import { resolveSettings } from '../runtime/settings.ts';
import { baselineBefore } from './check-baseline.ts';
import { showProgress } from './check-progress.ts';

/** A run that has ended. */
export interface Ran {
  outcome: CheckOutcome;
  /** The one before it in the same history. */
  before(): Promise<Baseline | null>;
}

/** What the command line tells a run besides its arguments. */
interface Given {
  data?: string | undefined;
  secret?: string | undefined;
  svixSecret?: string | undefined;
}

/**
 * Makes the checks or scenarios, in the `listen` that has the data, else here, and shows how far it has come; Ctrl-C stops
 * it in good order.
 * @throws UserError as the command does
 */
export async function runShown<K extends 'check' | 'scenario'>(
  id: K,
  { data, ...args }: Given & Omit<CommandArgs<K>, 'secret' | 'svixSecret'>,
): Promise<Ran> {
  const given = { data, secret: args.secret, svixSecret: args.svixSecret };
  const settings = resolveSettings(given, process.env, findConfig());
  const progress = showProgress(process.stderr, settings.color ?? true);
  const { secret, svixSecret, insecure = false, endpoint = [] } = settings;
  const asked = { ...args, secret, svixSecret, cwd: process.cwd(), environment: { ...process.env } };
  let ran: Ran;
  try {
    ran = await run(settings.data ?? defaultDataDir(), id, asked as unknown as CommandArgs<K>, {
      ...{ endpoints: endpoint, timeoutMs: 30_000, insecure },
      ...{ patienceMs: 2000, signal: stopOnSignal(), gently: true },
      onCheck: progress.show,
    });
  } finally {
    progress.end();
  }
  progress.rest(ran.outcome.report.results);
  return ran;
}

/**
 * Runs them in the `listen` that has the data, else here; in a folder beside it while another command has it.
 * @throws UserError when that is in use too
 */
async function run<K extends 'check' | 'scenario'>(
  dataDir: string,
  id: K,
  args: CommandArgs<K>,
  settings: RunSettings,
): Promise<Ran> {
  const runIn = async (dir: string): Promise<Ran> => {
    const outcome: CheckOutcome = await runCommand(dir, id, args, settings);
    return { outcome, before: () => baselineBefore(outcome, dir, settings) };
  };
  try {
    return await runIn(dataDir);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'busy') throw error;
    const other = join(dataDir, 'checks');
    process.stderr.write(`Another command has the data: what is sent is kept in ${other} (--data).\n`);
    return runIn(other);
  }
}

/** Stops after the check that is being made; asked again, at once. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  const ask = (): void => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    process.stderr.write('\nStopping after this check (again: at once).\n');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  return stop.signal;
}
