import { damagedJobsNote } from '../core/damage.ts';
import { type Attempt, isSuccess } from '../core/delivery.ts';
import { parseEndpoint } from '../core/endpoint.ts';
import { messageOf, systemCode, UserError } from '../core/errors.ts';
import { atMost } from '../core/patience.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { type SendState, SentJournal } from '../store/sent-journal.ts';
import type { OwedDelivery, Store } from '../store/store.ts';

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
 * was not is left alone, since its sender sends it again, and is marked. So is what the app may have got or not: nothing
 * goes to it twice unasked.
 * @throws StoreWriteError when a mark could not be written
 */
export async function resume(
  store: Store,
  dispatcher: Dispatcher,
  mode: OwedMode,
  journal: Pick<SentJournal, 'stateOf'> | null,
): Promise<Resumed> {
  const promised: OwedDelivery[] = [];
  const unsure: number[] = [];
  let unanswered = 0;
  const unreadable: number[] = [];
  for (const owed of store.owed()) {
    if (owed.damage) unreadable.push(owed.seq);
    const inState = (wanted: SendState): string[] =>
      owed.endpoints.filter((name) => stateOf(store, owed.seq, name, journal) === wanted);
    const [endpoints, going] = [inState('unsent'), inState('going')];
    for (const name of going) await markUnsure(store, owed.seq, name);
    if (going.length > 0 && isAcknowledged(store, owed.seq)) unsure.push(owed.seq);
    if (endpoints.length === 0) await store.settle(owed.seq);
    else if (!isRelayed(store, owed) && (await leftAlone(store, owed))) unanswered += 1;
    else promised.push({ ...owed, endpoints });
  }
  const told = [
    ...(promised.length > 0 ? [promisedLine(promised, mode)] : []),
    ...(unsure.length > 0 ? [`${unsureLine(unsure)} list --filter outcome:maybe-sent has them.`] : []),
    ...(unanswered > 0 ? [unansweredLine(unanswered)] : []),
    ...(unreadable.length > 0 ? [unreadableLine(unreadable)] : []),
    ...[damagedJobsNote(store.jobs.damaged())].filter((line) => line !== null),
  ];
  return { told, done: forwardAll(store, dispatcher, promised, mode) };
}

/** How far a delivery came on its way to an endpoint. Without a journal, what was begun may have gone out. */
const stateOf = (
  store: Store,
  seq: number,
  endpoint: string,
  journal: Pick<SentJournal, 'stateOf'> | null,
): SendState =>
  journal?.stateOf(seq, endpoint) ?? (forwardsOf(store, seq, endpoint).length > 0 ? 'going' : 'unsent');

const forwardsOf = (store: Store, seq: number, endpoint: string): Attempt[] =>
  store.attempts(seq).filter((attempt) => attempt.reason === 'forward' && attempt.endpoint === endpoint);

/** Whether a relay has it too, and answers for it: its sender does not send it again. */
const isRelayed = (store: Store, { seq }: OwedDelivery): boolean =>
  store.delivery(seq)?.relayId !== undefined;

/** Has the history say that an endpoint may have got a delivery or not. */
async function markUnsure(store: Store, seq: number, endpoint: string): Promise<void> {
  const attempt = forwardsOf(store, seq, endpoint).at(-1);
  if (attempt)
    await store.finishAttempt(attempt, attempt.durationMs, {
      kind: 'error',
      code: 'maybe-sent',
      message:
        'reducto-webhook-dev was stopped as this went out: it may or may not have reached the app; replay it if not',
    });
}

const isAcknowledged = (store: Store, seq: number): boolean => {
  const acknowledgement = store.summary(seq)?.acknowledgement ?? null;
  return acknowledgement !== null && isSuccess(acknowledgement.status);
};

/** Waits for what was owed, but not long. */
export const withPatience = (done: Promise<void>): Promise<void> => atMost(patienceMs, done);

/** Marks one whose sender was not told that it was taken. @returns false when it was told so */
async function leftAlone(store: Store, { seq, id }: OwedDelivery): Promise<boolean> {
  if (isAcknowledged(store, seq)) return false;
  if ((store.summary(seq)?.acknowledgement ?? null) === null)
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
      const named = dispatcher.places.filter(({ name }) => one.endpoints.includes(name));
      // The app may have moved since; without one now, it goes where it was to go.
      const others =
        dispatcher.endpoints.length > 0 ? dispatcher.endpoints : one.endpoints.map(parseEndpoint);
      const forwarded = await dispatcher.forwardOwed(delivery, named.length > 0 ? named : others, {
        hold: mode === 'hold',
      });
      if (forwarded) await store.settle(one.seq);
    }
  };
  // What is held waits for the user, each for itself.
  const workers = mode === 'hold' ? owed.length : Math.min(atOnce, owed.length);
  await Promise.all(Array.from({ length: workers }, worker));
}

const numbers = (seqs: readonly number[]): string => {
  const shown = seqs.slice(0, 5).map((seq) => `#${seq}`);
  return `${shown.join(' ')}${seqs.length > shown.length ? ' …' : ''}`;
};

const promisedLine = (owed: readonly OwedDelivery[], mode: OwedMode): string =>
  `${owed.length === 1 ? 'A delivery was' : `${owed.length} deliveries were`} acknowledged and not forwarded when the last run ended (${numbers(owed.map(({ seq }) => seq))}): ${mode === 'hold' ? 'held now, for you to release' : 'forwarded now'}.`;

/** Says that it can't be known whether the app has got some deliveries. */
export const unsureLine = (seqs: readonly number[]): string =>
  `${seqs.length === 1 ? 'A delivery was' : `${seqs.length} deliveries were`} going out when the last run ended, and may or may not have reached the app (${numbers(seqs)}): replay what it has not got.`;

const unansweredLine = (count: number): string =>
  `${count === 1 ? 'A delivery was' : `${count} deliveries were`} neither answered nor forwarded when the last run ended: the sender sends again.`;

const unreadableLine = (seqs: readonly number[]): string =>
  `Where ${numbers(seqs)} ${seqs.length === 1 ? 'was' : 'were'} still to be forwarded can't be read in the history: replay ${seqs.length === 1 ? 'it' : 'them'} if the app has not got ${seqs.length === 1 ? 'it' : 'them'}.`;
