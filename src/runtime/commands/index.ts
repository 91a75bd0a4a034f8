import type * as z from 'zod';
import { check } from './check.ts';
import { checkDiff, checkRun, checkRuns } from './check-runs.ts';
import { clear } from './clear.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';
import { duplicate } from './duplicate.ts';
import { emulatedJobs } from './emulated-jobs.ts';
import { emulatorFaults } from './emulator-faults.ts';
import { endJob } from './end-job.ts';
import { expectJob } from './expect-job.ts';
import { expireJob } from './expire-job.ts';
import { exportDeliveries } from './export.ts';
import { faults } from './faults.ts';
import { filter } from './filter.ts';
import { hold, release } from './hold.ts';
import { importDeliveries } from './import.ts';
import { inspector } from './inspector.ts';
import { job } from './job.ts';
import { list } from './list.ts';
import { reopenTunnel } from './reopen-tunnel.ts';
import { replay } from './replay.ts';
import { retry } from './retry.ts';
import { rules } from './rules.ts';
import { scenario } from './scenario.ts';
import { show } from './show.ts';
import { stats } from './stats.ts';
import { svixEndpoints } from './svix-endpoints.ts';
import { trigger } from './trigger.ts';
import { tunnels } from './tunnels.ts';
import { cancel, jobs, skip, work } from './work.ts';

/** The command table: every ability of the tool, by id. */
export const commands = {
  trigger,
  list,
  show,
  filter,
  stats,
  replay,
  duplicate,
  retry,
  faults,
  hold,
  release,
  rules,
  check,
  'check-runs': checkRuns,
  'check-run': checkRun,
  'check-diff': checkDiff,
  scenario,
  work,
  skip,
  cancel,
  job,
  'expect-job': expectJob,
  diff,
  export: exportDeliveries,
  import: importDeliveries,
  copy,
  clear,
  tunnels,
  'reopen-tunnel': reopenTunnel,
  inspector,
  'emulated-jobs': emulatedJobs,
  'end-job': endJob,
  'expire-job': expireJob,
  'emulator-faults': emulatorFaults,
  'svix-endpoints': svixEndpoints,
  jobs,
} as const;

export type CommandId = keyof typeof commands;
/** The arguments of a command as a caller gives them: those with a default may be left out. */
export type CommandArgs<K extends CommandId> = z.input<(typeof commands)[K]['args']>;
export type CommandResult<K extends CommandId> = Awaited<ReturnType<(typeof commands)[K]['run']>>;
