import { UserError } from '../core/errors.ts';
import type { DeliveryDetail } from '../core/record.ts';
import type { JobRecord } from '../emulator/record.ts';
import type { RemoteSession } from '../inspector/client.ts';
import type { ToolMessage } from '../inspector/follow.ts';
import type { RuntimeEvent } from '../runtime/session.ts';
import { createOutputEvents, type OutputEvent, readyEvent } from './events.ts';
import { deliveriesSince } from './since.ts';

type LogEvent = ToolMessage['events'][number];
/** An event that belongs to a delivery. */
type OfDelivery = Extract<LogEvent, { seq: number }>;

/** Deliveries that are remembered: what was told of them, or what waits until they match. */
const maxKnown = 10_000;
const pageSize = 1000;

/** What is told of a running tool. */
export interface TailOptions {
  /** Only of deliveries that match; empty for everything. */
  filter: string;
  secrets: boolean;
  /** From when on, ms since the epoch; only what comes from now on when absent. */
  since?: number | undefined;
}

/** Makes of what a tool tells by name the events that `listen --output json` prints, each once. */
export class TailEvents {
  readonly #toOutput: (event: RuntimeEvent) => OutputEvent | null;
  /** What was told of a delivery, by its number; the longest known go first. */
  readonly #told = new Map<number, Set<string>>();
  /** What happened to deliveries that do not match yet. */
  readonly #waiting = new Map<number, OfDelivery[]>();
  #unfinished: OfDelivery[] = [];
  #newest = 0;
  #begun = false;

  constructor(private readonly options: TailOptions) {
    this.#toOutput = createOutputEvents(options.secrets);
  }

  /**
   * The events of one message.
   * @throws UserError as the commands do by which the tool is asked
   */
  async *of(session: RemoteSession, message: ToolMessage): AsyncGenerator<OutputEvent> {
    const { status, events, reset } = message;
    if (reset) yield* this.#start(session, message);
    if (status && 'tunnel' in status) yield* some(this.#toOutput({ type: 'status', status }));
    // Told first of all when the tool ended before it had said what they are; what was told is not told again.
    const due = [...this.#unfinished, ...events];
    this.#unfinished = due.filter((event): event is OfDelivery => 'seq' in event);
    yield* this.#tell(session, due);
    this.#unfinished = [];
  }

  /** At the beginning, and after a gap of which only the deliveries are still there. */
  async *#start(session: RemoteSession, { status }: ToolMessage): AsyncGenerator<OutputEvent> {
    if (status && 'tunnel' in status) yield readyEvent(status);
    const [newest] = (await session.run('list', { limit: 1 })).deliveries;
    const { since } = this.options;
    if (this.#begun) yield* this.#missed(session);
    else if (since !== undefined) {
      const found = await deliveriesSince(session, since, '', false);
      yield* this.#tell(
        session,
        found.map(({ seq }) => whole(seq)),
      );
    }
    this.#newest = Math.max(this.#newest, newest?.seq ?? 0);
    this.#begun = true;
  }

  async *#missed(session: RemoteSession): AsyncGenerator<OutputEvent> {
    for (;;) {
      const after = this.#newest;
      const { deliveries } = await session.run('list', { after, from: 'oldest', limit: pageSize });
      yield* this.#tell(
        session,
        deliveries.reverse().map(({ seq }) => whole(seq)), // a list is newest first, from whichever end
      );
      if (deliveries.length < pageSize) return;
    }
  }

  async *#tell(session: RemoteSession, events: readonly (LogEvent | Whole)[]): AsyncGenerator<OutputEvent> {
    const details = reader(session, this.options.secrets);
    const matching = await this.#matching(session, events);
    for (const event of events) {
      if (!('seq' in event)) {
        if (this.options.filter === '') yield* this.#other(session, event);
        continue;
      }
      this.#newest = Math.max(this.#newest, event.seq);
      if (event.type === 'whole' ? !matching.has(event.seq) : !this.#isDue(event, matching)) continue;
      for (const due of event.type === 'whole' ? [event] : this.#due(event)) {
        const detail = await details(due.seq);
        if (detail !== null) yield* this.#news(detail, due);
      }
    }
  }

  /** Whether an event is told now; one whose delivery does not match yet is kept. */
  #isDue(event: OfDelivery, matching: ReadonlySet<number>): boolean {
    if (matching.has(event.seq) || this.#told.has(event.seq)) return true;
    const waiting = this.#waiting.get(event.seq) ?? [];
    waiting.push(event);
    this.#waiting.set(event.seq, waiting);
    forget(this.#waiting);
    return false;
  }

  #due(event: OfDelivery): OfDelivery[] {
    const waiting = this.#waiting.get(event.seq) ?? [];
    this.#waiting.delete(event.seq);
    return [...waiting, event];
  }

  /** Which of the deliveries that events tell of match, as far as they were not told of already. */
  async #matching(
    session: RemoteSession,
    events: readonly (LogEvent | Whole)[],
  ): Promise<ReadonlySet<number>> {
    const seqs = [...new Set(events.flatMap((event) => ('seq' in event ? [event.seq] : [])))];
    const { filter } = this.options;
    if (filter === '') return new Set(seqs);
    const found = new Set<number>();
    const unknown = seqs.filter((seq) => !this.#told.has(seq)).sort((a, b) => a - b);
    while (unknown.length > 0) {
      const first = unknown[0]!;
      const range = { after: first - 1, before: first + pageSize, limit: pageSize };
      for (const { seq } of (await session.run('list', { filter, ...range })).deliveries) found.add(seq);
      unknown.splice(0, unknown.filter((seq) => seq < first + pageSize).length);
    }
    return found;
  }

  /** What an event adds to what was told of its delivery. */
  *#news({ delivery, attempts }: DeliveryDetail, event: OfDelivery | Whole): Generator<OutputEvent> {
    const { seq, id } = delivery;
    const told = this.#told.get(seq) ?? new Set();
    this.#told.set(seq, told);
    forget(this.#told);
    const first = (what: string): boolean => !told.has(what) && told.add(what).size > 0;
    const all = event.type === 'whole';
    if ((all || event.type === 'delivery') && first('delivery')) yield { v: 1, type: 'delivery', delivery };
    for (const { difference: _, ...attempt } of attempts) {
      const due = all || (event.type === 'attempt' && event.ended && event.number === attempt.number);
      if (due && attempt.outcome.kind !== 'pending' && first(`attempt ${attempt.number}`))
        yield { v: 1, type: 'attempt', attempt };
    }
    const { acknowledgement } = delivery;
    if ((all || event.type === 'acknowledgement') && acknowledgement && first('acknowledgement'))
      yield { v: 1, type: 'acknowledgement', deliveryId: id, deliverySeq: seq, ...acknowledgement };
  }

  async *#other(
    session: RemoteSession,
    event: Exclude<LogEvent, { seq: number }>,
  ): AsyncGenerator<OutputEvent> {
    if (event.type === 'error' || event.type === 'fetch' || event.type === 'fault')
      return yield* some(this.#toOutput(event));
    if (event.type !== 'job') return;
    const { secrets } = this.options;
    const found = await orGone(session.run('emulated-jobs', { id: event.jobId, secrets }));
    for (const job of found?.jobs ?? []) yield { v: 1, type: 'job', job: withoutFetches(job) };
  }
}

function withoutFetches(job: JobRecord & { fetches?: unknown; lastFetchAt?: unknown; fetchedBy?: unknown }) {
  const { fetches, lastFetchAt, fetchedBy, ...record } = job;
  return record;
}

/** A delivery with all that is known of it. */
interface Whole {
  type: 'whole';
  seq: number;
}

const whole = (seq: number): Whole => ({ type: 'whole', seq });

/** Reads deliveries, each once, and gives null for those that are not there any more. */
function reader(session: RemoteSession, secrets: boolean) {
  let last: { seq: number; detail: Promise<DeliveryDetail | null> } | null = null;
  return (seq: number): Promise<DeliveryDetail | null> => {
    // Events of one delivery come in a row: what was read for the one is known for the next.
    if (last?.seq !== seq) last = { seq, detail: orGone(session.run('show', { id: String(seq), secrets })) };
    return last.detail;
  };
}

/** What was asked for; null where it was removed meanwhile. */
async function orGone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof UserError && /^no-(delivery|job|emulator)$/.test(error.code)) return null;
    throw error;
  }
}

const some = (event: OutputEvent | null): OutputEvent[] => (event === null ? [] : [event]);

function forget(map: Map<number, unknown>): void {
  if (map.size <= maxKnown) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
