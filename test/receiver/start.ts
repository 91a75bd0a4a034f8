import type { Attempt, Delivery } from '../../src/core/delivery.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { FaultSet } from '../../src/core/faults/fault-set.ts';
import { systemClock } from '../../src/core/ids.ts';
import { signingKey } from '../../src/core/signature.ts';
import { createVerifier } from '../../src/core/verification.ts';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { Receiver, type ReceiverOptions } from '../../src/receiver/receiver.ts';
import { openStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { onCleanup, tempDir } from '../support/cleanup.ts';
import { waitFor } from '../support/wait.ts';

export interface TestReceiver {
  readonly port: number;
  readonly store: Store;
  readonly receiver: Receiver;
  readonly dispatcher: Dispatcher;
  /** Every delivery stored, oldest first. */
  deliveries(): Delivery[];
  /** Resolves with the newest delivery once `predicate` holds for it. */
  newest(predicate?: (delivery: Delivery) => unknown): Promise<Delivery>;
  /** Resolves with the newest delivery's attempts once there are `count` and all have ended. */
  attempts(count: number): Promise<Attempt[]>;
}

export interface TestReceiverOptions
  extends Partial<
    Pick<
      ReceiverOptions,
      'ack' | 'rejectUnverified' | 'maxBody' | 'answerProbe' | 'mirrorProbe' | 'clock' | 'onBug'
    >
  > {
  /** As on the command line. */
  endpoints?: readonly (string | number)[];
  allowHost?: readonly string[];
  secret?: string;
  svixSecret?: string;
  timeoutMs?: number;
  /** In the fault language, for what comes in. */
  faults?: string;
  seed?: number;
  /** Puts something between the receiver and the store. */
  wrapStore?: (store: Store) => Store;
}

/** A receiver and dispatcher over a real store, on a free port, closed when the test ends. */
export async function startReceiver(options: TestReceiverOptions = {}): Promise<TestReceiver> {
  const { endpoints = [], timeoutMs = 10_000, wrapStore = (same) => same } = options;
  const real = openStore(tempDir());
  const store = wrapStore(real);
  const dispatcher = new Dispatcher({
    store,
    endpoints: endpoints.map((endpoint) => parseEndpoint(String(endpoint))),
    timeoutMs,
    clock: systemClock,
    signingKey: options.svixSecret === undefined ? null : signingKey(options.svixSecret),
  });
  dispatcher.liveFaults = FaultSet.parse(options.faults ?? '', options.seed ?? 1);
  const receiver = new Receiver({
    store,
    dispatcher,
    verify: createVerifier(options),
    ack: options.ack ?? 'app',
    allowedHosts: () => options.allowHost ?? ['*'], // senders of these tests have any name
    rejectUnverified: options.rejectUnverified ?? false,
    maxBody: options.maxBody ?? 1024 * 1024,
    clock: options.clock ?? systemClock,
    answerProbe: options.answerProbe ?? (() => null),
    mirrorProbe: options.mirrorProbe ?? (() => null),
    // Nobody catches it, so that the test fails.
    onBug:
      options.onBug ??
      ((error) => {
        throw error;
      }),
  });
  const port = await receiver.listen('127.0.0.1', 0, 'local');
  onCleanup(async () => {
    await dispatcher.close();
    await receiver.close();
    await real.close();
  });

  const deliveries = (): Delivery[] =>
    real
      .page({ limit: 10_000 })
      .reverse()
      .map(({ seq }) => real.delivery(seq)!);
  const newest: TestReceiver['newest'] = (predicate = () => true) =>
    waitFor(
      () => {
        const delivery = deliveries().at(-1);
        return delivery && predicate(delivery) ? delivery : null;
      },
      { what: 'the newest delivery' },
    );
  return {
    port,
    store: real,
    receiver,
    dispatcher,
    deliveries,
    newest,
    async attempts(count) {
      const { seq } = await newest();
      return await waitFor(
        () => {
          const attempts = real.attempts(seq);
          const ended = attempts.filter(({ outcome }) => outcome.kind !== 'pending');
          return ended.length >= count ? attempts : null;
        },
        { what: `${count} attempts that have ended` },
      );
    },
  };
}

/** A store with some of its methods replaced: for faults that a real one can't be made to have at will. */
export const withMethods = (store: Store, methods: Partial<Store>): Store =>
  new Proxy(store, {
    get(target, name) {
      const replaced = methods[name as keyof Store];
      if (replaced !== undefined) return replaced;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** Something to wait at until it is opened. */
export interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}
