import type { FaultContext, SenderPlan, SendPlan } from './fault.ts';
import { type Fault, parseFaults, printFault } from './language.ts';
import { ReorderWindow } from './reorder-window.ts';

const straight: SendPlan = {
  copies: 0,
  concurrent: false,
  delayMs: 0,
  drop: false,
  reorder: null,
  bytesPerSecond: null,
};

const plainAnswer: SenderPlan = { instead: null, delayMs: 0, lose: null };

/** The faults that strike one delivery on its way to the app, and the plan they make. */
export interface AppFaults {
  faults: readonly Fault[];
  plan: SendPlan;
  /** Of the random numbers that change the request: each copy and endpoint begins with the same one. */
  seed: number;
}

/** The faults that strike its sender. */
export interface SenderFaults {
  /** As text, for the record. */
  applied: string[];
  plan: SenderPlan;
}

/** A delivery that nothing strikes. */
export const unharmed: AppFaults = { faults: [], plan: straight, seed: 0 };

/**
 * Faults at work: counts run down, percentages are drawn from a seed, so that the same deliveries in the same
 * order suffer the same. What strikes the app and what strikes senders is drawn apart: when a sender comes has
 * no influence on what the app suffers.
 */
export class FaultSet {
  readonly #active: { fault: Fault; left: number }[];
  readonly random: () => number;
  readonly #senderRandom: () => number;
  readonly #windows = new Map<string, ReorderWindow>();

  constructor(
    readonly faults: readonly Fault[],
    readonly seed: number,
  ) {
    this.#active = faults.map((fault) => ({
      fault,
      left: fault.limit && 'count' in fault.limit ? fault.limit.count : Number.POSITIVE_INFINITY,
    }));
    this.random = seededRandom(seed);
    this.#senderRandom = seededRandom(~seed);
  }

  /** From the fault language. @throws FaultError */
  static parse(text: string, seed: number): FaultSet {
    return new FaultSet(parseFaults(text), seed);
  }

  /** What is still to come, in the fault language: counts as far as they have run down. */
  print(): string {
    return this.#active
      .filter(({ left }) => left > 0)
      .map(({ fault, left }) =>
        printFault(Number.isFinite(left) ? { ...fault, limit: { count: left } } : fault),
      )
      .join(' ');
  }

  /** Draws what strikes the app this time. */
  forApp(now: number, signingKey: Buffer | null): AppFaults {
    const faults = this.#draw('app', this.random);
    const context: FaultContext = { now, signingKey, random: this.random };
    const plan = faults.reduce(
      (made, { kind, value }) => (kind.acts === 'on the sending' ? kind.plan(made, value, context) : made),
      straight,
    );
    return { faults, plan, seed: Math.floor(this.random() * 2 ** 32) };
  }

  /** How many deliveries have to be under way at once for `reorder` to have something to mix; 1 without it. */
  get window(): number {
    const context: FaultContext = { now: 0, signingKey: null, random: () => 0 };
    const sizes = this.faults.map(({ kind, value }) =>
      kind.acts === 'on the sending' ? (kind.plan(straight, value, context).reorder ?? 1) : 1,
    );
    return Math.max(1, ...sizes);
  }

  /**
   * The window in which `reorder` holds what goes to an endpoint: each has its own, as every delivery goes once to each.
   * @param seed of its order, when it is a new one
   */
  windowOf(endpoint: string, seed: number): ReorderWindow {
    const window = this.#windows.get(endpoint) ?? new ReorderWindow(seededRandom(seed));
    this.#windows.set(endpoint, window);
    return window;
  }

  /** Draws what strikes the sender this time. */
  forSender(): SenderFaults {
    const faults = this.#draw('sender', this.#senderRandom);
    const plan = faults.reduce(
      (made, { kind, value }) => (kind.acts === 'on the answer' ? kind.answer(made, value) : made),
      plainAnswer,
    );
    return { applied: faults.map((fault) => printFault({ ...fault, limit: null })), plan };
  }

  #draw(direction: 'app' | 'sender', random: () => number): Fault[] {
    const struck = this.#active.filter(
      ({ fault, left }) => fault.kind.direction === direction && left > 0 && strikes(fault, random),
    );
    for (const entry of struck) entry.left -= 1;
    return struck.map(({ fault }) => fault);
  }
}

const strikes = ({ limit }: Fault, random: () => number): boolean =>
  limit === null || 'count' in limit || random() * 100 < limit.percent;

/** Random numbers from 0 up to 1 that are the same for the same seed (mulberry32, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
