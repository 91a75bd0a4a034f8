import { vi } from 'vitest';
import { parseEndpoint } from '../../../src/core/endpoint.ts';
import { systemClock } from '../../../src/core/ids.ts';
import type { Rule } from '../../../src/core/rules/rule.ts';
import { signingKey } from '../../../src/core/signature.ts';
import { createVerifier } from '../../../src/core/verification.ts';
import { Dispatcher } from '../../../src/dispatch/dispatcher.ts';
import { Rules } from '../../../src/dispatch/rules.ts';
import { Work, WorkList } from '../../../src/dispatch/work.ts';
import { Checking } from '../../../src/runtime/checking.ts';
import type { CommandContext } from '../../../src/runtime/command.ts';
import type { CommandArgs, CommandId, CommandResult } from '../../../src/runtime/commands/index.ts';
import { execute } from '../../../src/runtime/execute.ts';
import { openStore } from '../../../src/store/sqlite-store.ts';
import type { NewDelivery, Store } from '../../../src/store/store.ts';
import { onCleanup, tempDir } from '../../support/cleanup.ts';
import { newDelivery } from '../../support/deliveries.ts';

/** A history and what commands need to work on it, without a running `listen`. */
export interface Bench {
  readonly store: Store;
  readonly work: WorkList;
  readonly dispatcher: Dispatcher;
  readonly context: CommandContext;
  /** Stores a delivery. */
  add(
    body: string | Uint8Array,
    more?: Partial<Pick<NewDelivery, 'headers' | 'receivedAt' | 'target'>>,
  ): Promise<number>;
  run<K extends CommandId>(id: K, args: CommandArgs<K>, signal?: AbortSignal): Promise<CommandResult<K>>;
}

/**
 * Stops the clock and has no pause of any work take time, until the test ends.
 * @returns the pauses that were asked for, in ms
 */
export function pausesAskedFor(): number[] {
  const pauses: number[] = [];
  stopClock();
  const pause = vi.spyOn(Work.prototype, 'pause').mockImplementation(async (ms) => void pauses.push(ms));
  onCleanup(() => pause.mockRestore());
  return pauses;
}

/** Stops the clock, not the timers, until the test ends. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'] });
  onCleanup(() => vi.useRealTimers());
}

/** Opens one in a new directory, closed with the test. */
export function startBench(
  options: {
    endpoints?: readonly string[];
    svixSecret?: string;
    timeoutMs?: number;
    insecure?: boolean;
    rules?: readonly Rule[];
    /** A history that is there; a new one when absent. */
    dataDir?: string;
  } = {},
): Bench {
  const { endpoints = [], svixSecret, timeoutMs = 10_000, insecure = false, rules = [] } = options;
  const { dataDir = tempDir() } = options;
  const store = openStore(dataDir);
  const dispatcher = new Dispatcher({
    store,
    endpoints: endpoints.map(parseEndpoint),
    timeoutMs,
    insecure,
    clock: systemClock,
    signingKey: svixSecret === undefined ? null : signingKey(svixSecret),
    rules: new Rules(rules),
  });
  const work = new WorkList(undefined, store.work);
  const verify = createVerifier({ svixSecret });
  const checks = new Checking(
    () => undefined,
    () => undefined,
  );
  const context: CommandContext = {
    ...{ store, dispatcher, work, verify, checks, dataDir, live: null, emulator: null },
    app: { svixSecret, insecure },
    copy: async () => false,
  };
  onCleanup(async () => {
    work.close();
    await checks.close();
    await dispatcher.close();
    await store.close();
  });
  return {
    ...{ store, work, dispatcher, context },
    async add(body, more = {}) {
      const given = { headers: [], receivedAt: Date.now(), target: '/hook', ...more };
      return (await store.addDelivery(newDelivery(body, given))).seq;
    },
    run: (id, args, signal) => execute(context, id, args, { signal }),
  };
}
