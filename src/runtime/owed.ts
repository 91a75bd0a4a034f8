import { isSuccess } from '../core/delivery.ts';
import { parseEndpoint } from '../core/endpoint.ts';
import { messageOf, systemCode, UserError } from '../core/errors.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { SentJournal } from '../store/sent-journal.ts';
import type { OwedDelivery, Store } from '../store/store.ts';
import type { WorkNote } from '../store/work-notes.ts';

/** What becomes of deliveries that were acknowledged, and not forwarded when the tool stopped. */
export const owedModes = ['forward', 'hold'] as const;
export type OwedMode = (typeof owedModes)[number];

/** Deliveries of an earlier run that are under way at once. */
const atOnce = 10;
/** ms that a start waits for them: most apps have taken them by then, and a slow one is not waited for. */
const patienceMs = 1000;

/** What an earlier run left undone, and what is said of it. */
export interface Resumed {
  /** A line each; none when nothing was left. */
  told: string[];
  /** Resolves when what it owed was forwarded, as far as it was. */
  done: Promise<void>;
}

/** A disk that takes nothing: the tool works without a journal then. */
const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/**
 * The journal of a data directory; null on a disk that takes nothing.
 * @throws UserError when something else is in its place, such as a link
 */
export function openJournal(dataDir: string): SentJournal | null {
  try {
    return SentJournal.open(dataDir);
  } catch (error) {
    if (noRoom.has(systemCode(error) ?? '')) return null;
    throw new UserError(
      'data',
      `sent.journal in ${dataDir} can't be used (${messageOf(error)}): remove it, or give another --data.`,
      1,
      { cause: error },
    );
  }
}

/**
 * Does at a start what the last run's end cut short: what was acknowledged with a 2xx is forwarded, or held. What
 * was not is left alone, since its sender sends it again, and is marked.
 * @throws StoreWriteError when a mark could not be written
 */
export async function resume(
  store: Store,
  dispatcher: Dispatcher,
  mode: OwedMode,
  journal: Pick<SentJournal, 'wasSent'> | null,
): Promise<Resumed> {
  const promised: OwedDelivery[] = [];
  let unanswered = 0;
  for (const owed of store.owed()) {
    const endpoints = owed.endpoints.filter((name) => !wasSent(store, owed.seq, name, journal));
    if (endpoints.length === 0) await store.settle(owed.seq);
    else if (await leftAlone(store, owed)) unanswered += 1;
    else promised.push({ ...owed, endpoints });
  }
  const told = [
    ...(promised.length > 0 ? [promisedLine(promised, mode)] : []),
    ...(unanswered > 0 ? [unansweredLine(unanswered)] : []),
    ...store.work.all().map(workLine),
  ];
  await Promise.all(store.work.all().map(({ id }) => store.work.remove(id)));
  return { told, done: forwardAll(store, dispatcher, promised, mode) };
}

/** Whether an endpoint may have got a delivery: then it is not sent a second time. Without a journal, when in doubt. */
const wasSent = (
  store: Store,
  seq: number,
  endpoint: string,
  journal: Pick<SentJournal, 'wasSent'> | null,
): boolean =>
  journal?.wasSent(seq, endpoint) ??
  store.attempts(seq).some((attempt) => attempt.reason === 'forward' && attempt.endpoint === endpoint);

/** Waits for what was owed, but not long. */
export async function withPatience(done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([done, enough]);
  clearTimeout(timer);
}

/** Marks one whose sender was not told that it was taken. @returns false when it was told so */
async function leftAlone(store: Store, { seq, id }: OwedDelivery): Promise<boolean> {
  const acknowledgement = store.summary(seq)?.acknowledgement ?? null;
  if (acknowledgement !== null && isSuccess(acknowledgement.status)) return false;
  if (acknowledgement === null)
    await store.acknowledge(
      { seq, id },
      {
        status: null,
        by: 'nobody',
        note: 'reducto-webhook-dev was stopped before it was answered: its sender sends it again',
        at: Date.now(),
        durationMs: 0,
      },
    );
  await store.settle(seq);
  return true;
}

async function forwardAll(
  store: Store,
  dispatcher: Dispatcher,
  owed: readonly OwedDelivery[],
  mode: OwedMode,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = owed[next++]; one !== undefined; one = owed[next++]) {
      const delivery = store.delivery(one.seq);
      if (delivery === null) continue; // removed meanwhile
      const named = dispatcher.endpoints.filter(({ name }) => one.endpoints.includes(name));
      // The app may have moved since; without one now, it goes where it was to go.
      const others =
        dispatcher.endpoints.length > 0 ? dispatcher.endpoints : one.endpoints.map(parseEndpoint);
      const forwarded = await dispatcher.forwardOwed(
        delivery,
        named.length > 0 ? named : others,
        mode === 'hold',
      );
      if (forwarded) await store.settle(one.seq);
    }
  };
  // What is held waits for the user, each for itself.
  const workers = mode === 'hold' ? owed.length : Math.min(atOnce, owed.length);
  await Promise.all(Array.from({ length: workers }, worker));
}

const numbers = (owed: readonly OwedDelivery[]): string => {
  const shown = owed.slice(0, 5).map(({ seq }) => `#${seq}`);
  return `${shown.join(' ')}${owed.length > shown.length ? ' …' : ''}`;
};

const promisedLine = (owed: readonly OwedDelivery[], mode: OwedMode): string =>
  `${owed.length === 1 ? 'A delivery was' : `${owed.length} deliveries were`} acknowledged and not forwarded when the last run ended (${numbers(owed)}): ${mode === 'hold' ? 'held now, for you to release' : 'forwarded now'}.`;

const unansweredLine = (count: number): string =>
  `${count === 1 ? 'A delivery was' : `${count} deliveries were`} neither answered nor forwarded when the last run ended: the sender sends again.`;

const workLine = ({ label, done, total }: WorkNote): string =>
  `The last run ended in the middle of its ${label}: ${done} ${total === null ? 'sent' : `of ${total} sent`}. What was sent is recorded; start it again if you need the rest.`;
