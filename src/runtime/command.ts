import type * as z from 'zod';
import type { Status } from '../core/session.ts';
import type { Verifier } from '../core/verification.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { WorkList } from '../dispatch/work.ts';
import type { Emulator } from '../emulator/emulator.ts';
import type { Store } from '../store/store.ts';
import type { Checking } from './checking.ts';

/** Whoever runs a command, as far as it matters to that. */
export interface Caller {
  /** Aborted when they have gone: what is long ends then, as if it were cancelled. */
  signal?: AbortSignal | undefined;
  /** Takes a text piece by piece, in place of a result that has it whole; resolves when it is ready for more. */
  take?: ((piece: string) => Promise<void>) | undefined;
}

/** What a command works on: a running tool, or just a data directory when none runs. */
export interface CommandContext extends Caller {
  store: Store;
  dispatcher: Dispatcher;
  /** What is done in the background. */
  work: WorkList;
  /** Runs the checks. */
  checks: Checking;
  /** Where the history is. */
  dataDir: string;
  /** The user's secrets, and whether any certificate of the app is taken. */
  app: { secret?: string | undefined; svixSecret?: string | undefined; insecure?: boolean | undefined };
  /** The parts that only a running `listen` has; null on a bare data directory. */
  live: {
    status(): Status;
    reopenTunnel(): void;
    /** Has the deliveries of a job stand out. @returns all such jobs */
    expectJob(id: string): readonly string[];
  } | null;
  verify: Verifier;
  /** The emulator of the Reducto API; null when none runs. */
  emulator: Emulator | null;
  /** Puts text on the clipboard; false when there is none to be had. */
  copy(text: string): Promise<boolean>;
}

/** One thing a user can do: a row of the command table, whence key, subcommand, button and API come. */
export interface Command<Args extends z.ZodObject = z.ZodObject, Result = unknown> {
  /** One line of help. */
  help: string;
  /** Arguments of a working example, as on the command line. */
  example: string;
  args: Args;
  /** Arguments that the command line takes by position, in order. */
  positional?: readonly (keyof z.infer<Args> & string)[];
  /** Runs as ever, and is in no help: the name that a command had before. */
  hidden?: true;
  /** Whether it works on a bare data directory, without a running `listen`. */
  offline: boolean;
  /** Whether it only reads the history: it then runs where nothing can be written, too. */
  reads?: true;
  /** Whether it may send for long: Ctrl-C cancels it in good order, where it just ends the others. */
  long?: true;
  run(context: CommandContext, args: z.output<Args>): Promise<Result> | Result;
}

/** Infers a command's argument and result types. */
export const defineCommand = <Args extends z.ZodObject, Result>(
  command: Command<Args, Result>,
): Command<Args, Result> => command;
