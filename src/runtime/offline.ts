import { closeAll } from '../core/close.ts';
import type { Loss } from '../core/damage.ts';
import { UserError, usageError } from '../core/errors.ts';
import type { DeliverySummary } from '../core/record.ts';
import type { CheckRunStatus, Status } from '../core/session.ts';
import { version } from '../core/version.ts';
import type { Limits } from '../store/retention.ts';
import type { SentJournal } from '../store/sent-journal.ts';
import { openStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import type { Caller, CommandContext } from './command.ts';
import { type CommandArgs, type CommandId, type CommandResult, commands } from './commands/index.ts';
import { type ContextSettings, createContext } from './context.ts';
import { execute } from './execute.ts';
import { openJournal } from './owed.ts';
import { RuleCommands } from './rule-commands.ts';
import { eventsOf, type RuntimeEvent } from './session.ts';

/** What a command is run with when no `listen` runs. */
export interface OfflineSettings
  extends Pick<
    ContextSettings,
    'endpoints' | 'rules' | 'secret' | 'svixSecret' | 'timeoutMs' | 'insecure' | 'journal'
  > {
  /** What a `listen` is going to keep; nothing is removed for it here. */
  limits?: Limits;
  /** Told of every step of long work. */
  onWork?(work: Status['work']): void;
  /** Told of every step of a run of the checks. */
  onCheck?(check: CheckRunStatus): void;
  /** Told of what the history has lost for damage. */
  onLoss?(loss: Loss): void;
  /** Told why nothing can be written, so that the history is only read. */
  onReadOnly?(why: string): void;
}

/** What a process without a `listen` says of itself. */
export type OfflineStatus = Pick<Status, 'version' | 'pid' | 'deliveries' | 'work' | 'check'>;

/** What a process without a `listen` tells of; its status is asked for. */
export type OfflineEvent = Exclude<RuntimeEvent, { type: 'status' }> | { type: 'status' };

/** Runs commands on a bare data directory: the one that it was opened for, and meanwhile those of other processes. */
export class OfflineSession {
  readonly #context: CommandContext;
  readonly #commands: RuleCommands;
  readonly #others = new Set<Promise<unknown>>();
  readonly #listeners = new Set<(event: OfflineEvent) => void>();

  constructor(
    private readonly store: Store,
    { onWork, onCheck, ...settings }: OfflineSettings & { dataDir: string },
  ) {
    const onChange = (): void => {
      onWork?.(this.#context.work.statuses);
      const { status } = this.#context.checks;
      if (status) onCheck?.(status);
      this.#publish({ type: 'status' });
    };
    this.#context = createContext(store, { ...settings, onChange }, null);
    this.#commands = new RuleCommands(store, this.#context.dispatcher.rules);
    store.subscribe((change) => {
      if (change.type === 'delivery') this.#commands.take(change.delivery);
      for (const event of eventsOf(change)) this.#publish(event);
    });
  }

  /** Calls `listener` for every event, in order. @returns ends the subscription */
  subscribe(listener: (event: OfflineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A delivery as the history has it now, its secrets readable; null when it is gone, or this is closed. */
  summary(seq: number): DeliverySummary | null {
    return this.store.isOpen ? this.store.summary(seq) : null;
  }

  #publish(event: OfflineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  status(): OfflineStatus {
    const { work, checks } = this.#context;
    return {
      ...{ version, pid: process.pid, deliveries: this.store.count() },
      ...{ work: work.statuses, check: checks.status },
    };
  }

  /**
   * Runs the command that the data directory was opened for.
   * @throws UserError as the command does, and when it needs a running `listen`
   */
  async run<K extends CommandId>(id: K, args: CommandArgs<K>, caller?: Caller): Promise<CommandResult<K>> {
    if (Object.hasOwn(commands, id) && !commands[id].offline)
      throw usageError(
        'not-running',
        `"${id}" needs a running reducto-webhook-dev: start one in another terminal.`,
      );
    return execute(this.#context, id, args, caller);
  }

  /**
   * Runs a command of another process, which need not wait until this one has done its work. One that is long itself
   * has to: it would go on when that is done, and nobody would be there for it.
   * @throws UserError as the command does, and when it is a long one
   */
  async runForOther(id: string, args: unknown, caller: Caller): Promise<unknown> {
    if (Object.hasOwn(commands, id) && commands[id as CommandId].long) throw busy(process.pid);
    const running = this.run(id as never, args as never, caller);
    this.#others.add(running);
    return running.finally(() => this.#others.delete(running));
  }

  /** Waits for the commands of others, and for those of rules; the store stays open. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#others);
    await this.#commands.done();
    await this.#context.dispatcher.close();
  }
}

/** The error of a command that can't be run beside what another process does without a `listen`. */
export const busy = (pid: number): UserError =>
  new UserError(
    'busy',
    `Another command is at work on this data (pid ${pid}): wait for its end, or see work and cancel.`,
  );

/**
 * Opens a data directory for as long as `use` takes.
 * @param readOnly where nothing can be written; nobody else is kept from it then
 * @throws what `use` throws, and UserError when it can't be opened
 */
export async function withOffline<T>(
  dataDir: string,
  settings: OfflineSettings,
  use: (session: OfflineSession) => Promise<T>,
  readOnly = false,
): Promise<T> {
  const { onLoss, limits } = settings;
  const store = openStore(dataDir, { readOnly, keepAll: true, onLoss, ...limits });
  let journal: SentJournal | null = null;
  let session: OfflineSession | null = null;
  try {
    journal = readOnly ? null : openJournal(dataDir);
    session = new OfflineSession(store, { ...settings, dataDir, journal });
    return await use(session);
  } finally {
    await closeAll(
      () => session?.close(),
      () => store.close(),
      () => journal?.close(),
    );
  }
}
