import { isSuccess } from '../core/delivery.ts';
import { type Endpoint, parseEndpoint } from '../core/endpoint.ts';
import { messageOf, UserError } from '../core/errors.ts';
import { systemClock } from '../core/ids.ts';
import { sentName } from '../dispatch/attempts.ts';
import type { Left } from '../dispatch/replay.ts';
import type { SentJournal } from '../store/sent-journal.ts';
import { type BegunStep, stepKey, type WorkNote } from '../store/work-notes.ts';
import type { CommandContext } from './command.ts';
import { toSchedule } from './commands/arguments.ts';
import { type ReplayPlan, replayDeliveries, replayPlan } from './commands/replay.ts';
import { type OwedMode, type Resumed, unsureLine } from './owed.ts';

/** Sends that are held for the user at once, each for itself. */
const mostHeld = 1000;

/**
 * Goes on, at a start, with the replays and retry schedules that the last run's end cut short; or holds what is left
 * of them. What had gone out is not sent again: the history knows it, and of the last instant the journal.
 * @throws StoreWriteError when a note could not be removed
 */
export async function finishWork(
  context: CommandContext,
  mode: OwedMode,
  journal: Pick<SentJournal, 'stateOf'> | null,
): Promise<Resumed> {
  const told: string[] = [];
  const running: Promise<unknown>[] = [];
  for (const note of context.store.work.all()) {
    const plan = note.plan === null ? null : replayPlan.safeParse(JSON.parse(note.plan));
    if (!plan?.success) {
      told.push(`${cutShort(note)} What was sent is recorded; start it again if you need the rest.`);
      await context.store.work.remove(note.id);
    } else if (plan.data.secret && context.dispatcher.signingKey === null) {
      told.push(
        `${cutShort(note)} The rest waits for the secret that signs it: give --svix-secret to listen.`,
      );
    } else {
      const unsure = new Set<number>();
      const left = whatIsLeft(context, note, plan.data, { journal, unsure });
      const count = Array.from({ length: sends(plan.data) }, (_, i) => left(i)).filter(
        (one) => one !== null,
      ).length;
      if (unsure.size > 0) told.push(unsureLine([...unsure]));
      if (count === 0) {
        told.push(`${cutShort(note)} All of it had gone out.`);
        await context.store.work.remove(note.id);
        continue;
      }
      told.push(
        `${cutShort(note)} ${mode === 'hold' ? 'The rest is held now, for you to release.' : 'It goes on with the rest now.'}`,
      );
      running.push(goOn(context, note, plan.data, { left, hold: mode === 'hold' }));
    }
  }
  return { told, done: Promise.all(running).then(() => undefined) };
}

const sends = ({ seqs, args }: ReplayPlan): number => seqs.length * args.times;

async function goOn(
  context: CommandContext,
  note: WorkNote,
  { seqs, args, reason }: ReplayPlan,
  { left, hold }: { left: (index: number) => Left | null; hold: boolean },
): Promise<void> {
  const { id, plan } = note;
  const { gate } = context.dispatcher;
  const given = hold ? { ...args, concurrency: mostHeld } : args;
  let stopped = false;
  const pass = async (seq: number): Promise<boolean> => {
    const released = await gate.pass(seq, true);
    if (!released) stopped = true;
    return released;
  };
  try {
    await replayDeliveries(context, seqs, given, reason, { key: id, plan, left, ...(hold ? { pass } : {}) });
    // What the user has not released by then is held again next time.
    if (stopped) await context.store.work.put(note);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await context.store.work.remove(id);
    throw new UserError(error.code, `What was left of a ${reason} can't be sent: ${messageOf(error)}`, 1, {
      cause: error,
    });
  }
}

/**
 * Tells of each send what is left of it: the endpoints that have not got it, and the try that comes next.
 * @param unsure gets the deliveries of which it can't be known whether the app has got them, when it is told of them
 */
function whatIsLeft(
  { store, dispatcher }: CommandContext,
  { id: work }: WorkNote,
  plan: ReplayPlan,
  { journal, unsure }: { journal: Pick<SentJournal, 'stateOf'> | null; unsure: Set<number> },
): (index: number) => Left | null {
  const begun = new Map<string, BegunStep[]>();
  for (const step of store.work.begun(work)) begun.set(step.key, [...(begun.get(step.key) ?? []), step]);
  const retries = toSchedule(plan.args);
  const delays = retries?.schedule.delays ?? [];
  const ofWork = noted(plan, dispatcher.endpoints);
  const ofDelivery = new Map<number, Place[]>();
  /** Where a send goes; nothing is said of that where a delivery has a place of its own, and no rule leads there. */
  const placesOf = (index: number): Place[] => {
    if (ofWork.length > 0 || dispatcher.rules.places.length === 0) return ofWork;
    const seq = plan.seqs[Math.floor(index / plan.args.times)]!;
    const known = ofDelivery.get(seq);
    if (known) return known;
    const delivery = store.delivery(seq);
    const endpoints = delivery === null ? [] : dispatcher.rules.wayAgain(delivery, dispatcher.endpoints);
    const found = endpoints.map((endpoint) => ({ name: endpoint.name, endpoint }));
    ofDelivery.set(seq, found);
    return found;
  };
  return (index) => {
    const places = placesOf(index);
    const stepAt = (retry: number, name: string): BegunStep | 'unrecorded' | null => {
      const found = begun.get(stepKey({ work, index, retry }))?.find(({ endpoint }) => endpoint === name);
      const state =
        journal?.stateOf(index, sentName(name, { work, retry })) ??
        (found === undefined ? 'unsent' : 'going');
      const ended = found !== undefined && found.label !== 'interrupted';
      // A schedule goes on with its next try anyway.
      if (state === 'going' && !ended && !retries)
        unsure.add(plan.seqs[Math.floor(index / plan.args.times)]!);
      // Begun, and cut short before the bytes went out: the app has nothing of it.
      if (found?.label === 'interrupted' && state === 'unsent') return null;
      return found ?? (state === 'unsent' ? null : 'unrecorded');
    };
    const got = (retry: number, { name, endpoint }: Place) =>
      stepAt(retry, name) ?? stepAt(retry, endpoint.name);
    // A delivery that has a place of its own was sent there, or was not: which one, the history knows.
    const first = (retry: number) =>
      places[0] ? got(retry, places[0]) : (begun.get(stepKey({ work, index, retry }))?.[0] ?? null);
    let retry = 0;
    let due = 0;
    for (; retries && retry <= delays.length; retry++) {
      const step = first(retry);
      if (step === null) break;
      if (step !== 'unrecorded' && hasSucceeded(step)) return null;
      due = (step === 'unrecorded' ? systemClock.now() : step.at) + (delays[retry] ?? 0) / retries.timeScale;
    }
    if (retries && retry > delays.length) return null;
    if (places.length === 0) return retries || first(0) === null ? { endpoints: [], retry, due } : null;
    const endpoints = places.filter((place) => got(retry, place) === null).map(({ endpoint }) => endpoint);
    return endpoints.length === 0 ? null : { endpoints, retry, due };
  };
}

/** Where a send goes: the name that it had when it was begun, and what is there now. */
interface Place {
  name: string;
  endpoint: Endpoint;
}

/** Where all of a work's sends go. The app may have moved since; what was to go elsewhere on purpose goes there. */
function noted({ args, endpoints }: ReplayPlan, now: readonly Endpoint[]): Place[] {
  const current = args.to === undefined ? now : [];
  return endpoints.map((name, i) => ({
    name,
    endpoint: current.find((one) => one.name === name) ?? current[i] ?? parseEndpoint(name),
  }));
}

/** Whether the sender saw a success. */
const hasSucceeded = ({ label, lost }: BegunStep): boolean =>
  !lost && (label === 'dropped' || isSuccess(Number(label)));

const cutShort = ({ label, done, total }: WorkNote): string =>
  `The last run ended in the middle of its ${label}: ${done} ${total === null ? 'sent' : `of ${total} sent`}.`;
