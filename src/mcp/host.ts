import type { CheckRunStatus, Status } from '../core/session.ts';
import type { CommandArgs, CommandId, CommandResult } from '../runtime/commands/index.ts';
import type { Diagnosis } from '../runtime/doctor/index.ts';

/** How a command is run for an agent. */
export interface RunOptions {
  /** Cancels it in good order. */
  signal?: AbortSignal;
  /** Told of every step of a run of the checks. */
  onCheck?(check: CheckRunStatus): void;
}

/** What an agent works on: the tool that runs on a data directory. */
export interface Host {
  /** @throws UserError as the command does */
  run<K extends CommandId>(id: K, args: CommandArgs<K>, options?: RunOptions): Promise<CommandResult<K>>;
  /** Of the running `listen`. @throws UserError when none runs */
  status(): Promise<Status>;
  diagnose(): Promise<Diagnosis>;
}
