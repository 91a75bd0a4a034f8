import * as z from 'zod';
import { damagedError, damageNote, warn } from '../../core/damage.ts';
import type { Delivery } from '../../core/delivery.ts';
import { parseHeaderEdit, parseSet } from '../../core/edit.ts';
import { type Endpoint, parseEndpoint } from '../../core/endpoint.ts';
import { UserError, usageError } from '../../core/errors.ts';
import { FaultSet } from '../../core/faults/fault-set.ts';
import { parseFilter } from '../../core/filter.ts';
import { nameSchema, valueSchema } from '../../core/formats/parts.ts';
import { systemClock } from '../../core/ids.ts';
import { attemptRecord } from '../../core/record.ts';
import type { Dispatcher } from '../../dispatch/dispatcher.ts';
import { checkEdits, type ReplayOptions, replay as runReplay } from '../../dispatch/replay.ts';
import { scheduleText } from '../../dispatch/retries.ts';
import type { Store } from '../../store/store.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { durationArg, faultArgs, keyFor, retryArgs, signingArgs, toSchedule } from './arguments.ts';
import { SentAttempts } from './sent-attempts.ts';
import { shownAttempt } from './show.ts';

/** How many a replay at the pace they came may have under way: a slow answer must not hold the next one up. */
const pacedConcurrency = 100;

const args = z.object({
  id: z
    .union([z.array(z.string()), z.string().transform((one) => [one])])
    .default([])
    .describe('numbers, ids or the beginnings of ids, or "last"'),
  filter: z.string().optional().describe('all deliveries that match, in the order they came'),
  to: z.string().optional().describe('send them there instead: a port or URL'),
  times: z.coerce.number().int().min(1).max(100_000).default(1).describe('send each so often'),
  concurrency: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe(`so many at once (default: 1; with --speed ${pacedConcurrency})`),
  interval: durationArg.optional().describe('time between two sends, as in 500ms'),
  speed: z.coerce.number().positive().optional().describe('at the pace they came, so many times faster'),
  set: z.array(z.string()).default([]).describe('change a value of the body, as in metadata.user_id=7'),
  header: z.array(z.string()).default([]).describe('set a header, as in k:v; "k:" removes it'),
  ...signingArgs,
  ...faultArgs,
  ...retryArgs,
  draft: z
    .object({ headers: z.array(z.tuple([nameSchema, valueSchema])), body: z.base64() })
    .optional()
    .meta({ hidden: true }),
});

export const replay = defineCommand({
  help: 'Send deliveries to the app again, byte for byte or changed on purpose',
  example: 'last --fault duplicate=2,concurrent --set metadata.user_id=7',
  offline: true,
  long: true,
  positional: ['id'],
  args,
  run: (context, given) => replayDeliveries(context, chosen(context.store, given), given, 'replay'),
});

type ReplayArgs = z.output<typeof args>;

/**
 * The `seq`s of the deliveries named, in the order given, or of those that match, in the order they came.
 * @throws UserError when there is none
 */
function chosen(store: Store, { id, filter }: ReplayArgs): number[] {
  if (id.length > 0 && filter !== undefined)
    throw usageError('id', 'Either deliveries by name or --filter: both at once is not clear.');
  if (id.length > 0)
    return id.map((reference) => {
      const { seq, intake } = store.resolve(reference);
      if (intake === 'refused')
        throw new UserError(
          'refused',
          `Request #${seq} was refused: there is nothing of it that could be sent.`,
        );
      return seq;
    });
  if (filter === undefined)
    throw usageError('id', 'Which delivery? Give its number, its id, "last", or --filter.');
  const found = store
    .page({ filter: parseFilter(filter), from: 'oldest', limit: 1_000_000 })
    .filter(({ intake }) => intake !== 'refused');
  if (found.length === 0) throw new UserError('no-delivery', `No delivery matches "${filter}".`);
  return found.map(({ seq }) => seq).reverse();
}

/** What a replay was told to do, as it is kept for the next start. */
export const replayPlan = z.object({
  args,
  seqs: z.array(z.int()),
  reason: z.enum(['replay', 'duplicate']),
  /** Where it goes, by name; none where each delivery has a place of its own. */
  endpoints: z.array(z.string()),
  /** Whether it needs a secret that is not kept: it was given to the command. */
  secret: z.boolean(),
});
export type ReplayPlan = z.output<typeof replayPlan>;

/** What is left of a replay that was cut short. */
export interface Rest extends Pick<ReplayOptions, 'left' | 'pass'> {
  /** See {@link WorkNote}. */
  key: string;
  plan: string | null;
}

/**
 * Replays as the arguments say; shared with the commands that are a replay of a special kind, and with the start that
 * does the rest of what an earlier run began.
 */
export async function replayDeliveries(
  { store, dispatcher, work: list, signal }: CommandContext,
  seqs: readonly number[],
  given: ReplayArgs,
  reason: 'replay' | 'duplicate',
  rest?: Rest,
) {
  const { times, interval, speed, stale, draft } = given;
  if (interval !== undefined && speed !== undefined)
    throw usageError('interval', 'Either --interval or --speed: both at once is not clear.');
  const concurrency = given.concurrency ?? (speed === undefined ? 1 : pacedConcurrency);
  const seed = given.seed ?? Math.floor(Math.random() * 1e9);
  const faults = FaultSet.parse(given.fault, seed);
  const retry = toSchedule(given);
  refuseSenderFaults(faults, retry !== null);
  const edits = [...given.set.map(parseSet), ...given.header.map(parseHeaderEdit)];
  const signingKey = keyFor(given, dispatcher.signingKey);
  const endpoints = given.to === undefined ? undefined : [parseEndpoint(given.to)];
  const warnings: string[] = [];
  const load = loader(store, seqs, warnings);
  requireEndpoints(dispatcher, load, seqs, endpoints);
  if (!draft) checkEdits(load, seqs, edits);
  const what = seqs.length === 1 ? `#${seqs[0]}` : `${seqs.length} deliveries`;
  const work = list.start(
    retry ? `retries of ${what} (${scheduleText(retry.schedule, retry.timeScale)})` : `${reason} of ${what}`,
    retry ? null : seqs.length * times,
    signal,
    rest ?? {
      plan: JSON.stringify({
        args: { ...given, svixSecret: undefined, seed },
        ...{ seqs: [...seqs], reason, secret: given.svixSecret !== undefined },
        // With routes each delivery has places of its own.
        endpoints: (endpoints ?? (dispatcher.rules.places.length > 0 ? [] : dispatcher.endpoints)).map(
          ({ name }) => name,
        ),
      } satisfies ReplayPlan),
    },
  );
  if (retry && seqs.length * times === 1)
    work.plan(retry.schedule.delays.map((delay) => delay / retry.timeScale));
  await work.noted;
  const made = new SentAttempts();
  const failed = await runReplay(
    dispatcher,
    load,
    seqs,
    {
      ...{ reason, times, concurrency, stale, signingKey, edits, faults, retry, now: systemClock.now },
      ...(endpoints ? { endpoints } : {}),
      ...(draft ? { draft: { headers: draft.headers, body: Buffer.from(draft.body, 'base64') } } : {}),
      intervalMs: interval ?? null,
      speed: speed ?? null,
      ...{ left: rest?.left, pass: rest?.pass },
      onAttempt: (attempt) =>
        made.add(attempt, (shown) => {
          const origin = edits.length > 0 || draft ? load(shown.deliverySeq) : null;
          return origin ? shownAttempt(shown, origin, false) : attemptRecord(shown, false);
        }),
    },
    work,
  );
  return {
    ...made.result(),
    ...(warnings.length > 0 ? { warnings } : {}),
    failed,
    cancelled: work.signal.aborted,
    seed,
    ...(retry ? { schedule: { ...retry.schedule, timeScale: retry.timeScale } } : {}),
  };
}

/** Loads what is to be sent. Of many, what is damaged is left out and told. @throws UserError when it is the only one */
function loader(store: Store, seqs: readonly number[], warnings: string[]): (seq: number) => Delivery | null {
  const told = new Set<number>();
  return (seq) => {
    const delivery = store.delivery(seq);
    if (!delivery?.broken) return delivery;
    if (seqs.length === 1) throw damagedError(delivery);
    if (!told.has(seq)) warn(warnings, `left out: #${seq} is ${damageNote(delivery)}`);
    told.add(seq);
    return null;
  };
}

/** Sends nothing unless all can be sent. @throws UserError when one has nowhere to go */
function requireEndpoints(
  dispatcher: Dispatcher,
  load: (seq: number) => Delivery | null,
  seqs: readonly number[],
  endpoints: readonly Endpoint[] | undefined,
): void {
  if (endpoints || dispatcher.endpoints.length > 0) return;
  for (const delivery of seqs.map(load)) if (delivery) dispatcher.endpointsFor(delivery);
}

/** In a replay this tool is the sender: only a lost acknowledgement makes sense, and only when it tries again. */
function refuseSenderFaults(faults: FaultSet, retries: boolean): void {
  for (const { kind } of faults.faults) {
    if (kind.direction !== 'sender') continue;
    if (kind.name !== 'lost-ack')
      throw usageError(
        'fault',
        `"${kind.name}" hits the sender, and a replay has none: give it to listen instead.`,
      );
    if (!retries)
      throw usageError(
        'fault',
        '"lost-ack" makes a sender try again: say how with --retry, as in --retry 1s,5s.',
      );
  }
}
