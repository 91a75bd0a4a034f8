import type { Acknowledgement } from '../core/delivery.ts';
import { headerValue } from '../core/headers.ts';
import type { RelayedAs, RelayedOutcome, RelayedRequest } from '../core/relay.ts';
import type { Store } from '../store/store.ts';
import { type Answer, framed, toolAnswer } from './answer.ts';
import type { ReadBody } from './body.ts';
import type { Incoming, RequestHead, Sender } from './incoming.ts';

/** A request that a relay has passed on into this process, and its sender, who waits at the relay. */
export class RelayedIncoming implements Incoming, Sender {
  readonly head: RequestHead;
  readonly relayed: { id: string; at: number; as: RelayedAs };
  readonly announced: number;
  readonly sender: Sender = this;
  /** What the relay is told. */
  readonly outcome: Promise<RelayedOutcome>;
  readonly #body: Buffer;
  readonly #onLeaving: (() => void)[] = [];
  #gone = false;
  /** Null once the relay is told. */
  #tell: ((outcome: RelayedOutcome) => void) | null = null;

  /** @param connection aborted when nobody can be answered any more */
  constructor(
    { id, at, method, target, httpVersion, headers, remoteAddress, body }: RelayedRequest,
    as: RelayedAs,
    private readonly connection: AbortSignal,
  ) {
    this.relayed = { id, at, as };
    this.head = { source: 'tunnel', method, target, httpVersion, headers, remoteAddress };
    this.announced = body.length;
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.length);
    this.outcome = new Promise((resolve) => {
      this.#tell = resolve;
    });
    connection.addEventListener('abort', this.leave);
    if (connection.aborted) this.leave();
  }

  get gone(): boolean {
    return this.#gone;
  }

  header(name: string): string | undefined {
    return headerValue(this.head.headers, name);
  }

  read(limit: number, grow: (to: number) => boolean): Promise<ReadBody> {
    const body = this.#body.subarray(0, limit);
    if (!grow(body.length)) return Promise.resolve({ body: Buffer.alloc(0), intake: 'busy' });
    return Promise.resolve({ body, intake: body.length < this.#body.length ? 'too-large' : 'complete' });
  }

  /** Nothing is to be let through: all of it is here. */
  skip(): void {}

  answer(answer: Answer): void {
    this.#settle(outcomeOf(answer, this.head.method));
  }

  onLeaving(told: () => void): void {
    if (this.#gone) told();
    else this.#onLeaving.push(told);
  }

  /** What has no answer by now gets none: it is to come again. */
  readonly leave = (): void => {
    if (this.#tell === null) return;
    this.#gone = true;
    this.#settle('again');
    for (const told of this.#onLeaving) told();
  };

  #settle(outcome: RelayedOutcome): void {
    this.connection.removeEventListener('abort', this.leave);
    this.#tell?.(outcome);
    this.#tell = null;
  }
}

function outcomeOf(answer: Answer, method: string): RelayedOutcome {
  const { status, silence, again } = answer;
  if (silence === 'hang') return 'silence';
  if (status === null || again) return 'again';
  const { headers, body } = framed(status, answer);
  return { status, headers, body: Buffer.from(method === 'HEAD' ? '' : body) };
}

/** What the sender of a delivery was answered elsewhere. @param at when it came, ms since the epoch */
export const answeredElsewhere = (at: number, as: RelayedAs): Acknowledgement => ({
  ...{ status: 202, by: 'tool', at, durationMs: 0 },
  note:
    as === 'copy'
      ? 'kept by the relay; another listener answers its sender'
      : 'kept by the relay while nobody answered here',
});

/** What comes by a relay may come again while it is under way, or once it is here: takes each once. */
export class TakenOnce {
  /** By the relay's ids. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(private readonly store: Pick<Store, 'hadRelayed'>) {}

  /**
   * @param id the relay's
   * @param take stores it, and resolves when it may be asked for again
   */
  async take(id: string, sender: Sender, take: () => Promise<void>): Promise<void> {
    while (this.#underWay.has(id)) await Promise.allSettled([this.#underWay.get(id)]);
    if (this.store.hadRelayed(id)) return sender.answer(toolAnswer(200, 'it is here already, or was'));
    const work = take();
    this.#underWay.set(id, work);
    await work.finally(() => this.#underWay.delete(id));
  }
}
