import type { HeaderPair } from '../../../src/core/delivery.ts';
import { parseEndpoint } from '../../../src/core/endpoint.ts';
import { systemClock } from '../../../src/core/ids.ts';
import { recognise } from '../../../src/core/payload.ts';
import { signingKey } from '../../../src/core/signature.ts';
import { createVerifier } from '../../../src/core/verification.ts';
import { Dispatcher } from '../../../src/dispatch/dispatcher.ts';
import { WorkList } from '../../../src/dispatch/work.ts';
import type { CommandContext } from '../../../src/runtime/command.ts';
import type { CommandArgs, CommandId, CommandResult } from '../../../src/runtime/commands/index.ts';
import { execute } from '../../../src/runtime/execute.ts';
import { openStore } from '../../../src/store/sqlite-store.ts';
import type { Store } from '../../../src/store/store.ts';
import { onCleanup, tempDir } from '../../support/cleanup.ts';

/** A history and what commands need to work on it, without a running `listen`. */
export interface Bench {
  readonly store: Store;
  readonly work: WorkList;
  readonly dispatcher: Dispatcher;
  /** Stores a delivery. */
  add(
    body: string | Uint8Array,
    more?: { headers?: HeaderPair[]; receivedAt?: number; target?: string },
  ): Promise<number>;
  run<K extends CommandId>(id: K, args: CommandArgs<K>, signal?: AbortSignal): Promise<CommandResult<K>>;
}

/** Opens one in a new directory, closed with the test. */
export function startBench(
  options: {
    endpoints?: readonly string[];
    svixSecret?: string;
    timeoutMs?: number;
    insecure?: boolean;
  } = {},
): Bench {
  const { endpoints = [], svixSecret, timeoutMs = 10_000, insecure = false } = options;
  const store = openStore(tempDir());
  const dispatcher = new Dispatcher({
    store,
    endpoints: endpoints.map(parseEndpoint),
    timeoutMs,
    insecure,
    clock: systemClock,
    signingKey: svixSecret === undefined ? null : signingKey(svixSecret),
  });
  const work = new WorkList(undefined, store.work);
  const verify = createVerifier({ svixSecret });
  const context: CommandContext = {
    ...{ store, dispatcher, work, verify, live: null, emulator: null },
    copy: async () => false,
  };
  onCleanup(async () => {
    work.close();
    await dispatcher.close();
    await store.close();
  });
  return {
    ...{ store, work, dispatcher },
    async add(text, { headers = [], receivedAt = Date.now(), target = '/hook' } = {}) {
      const body = Buffer.from(text as string);
      const { seq } = await store.addDelivery({
        ...{ receivedAt, target, headers, body },
        source: 'local',
        method: 'POST',
        httpVersion: '1.1',
        remoteAddress: '127.0.0.1',
        intake: 'complete',
        recognition: recognise(body),
        verification: { secret: null, svix: null },
        acknowledgement: null,
      });
      return seq;
    },
    run: (id, args, signal) => execute(context, id, args, signal),
  };
}
