import type { FaultContext, SenderPlan, SendPlan } from './fault.ts';
import { type Fault, parseFaults, printFault } from './language.ts';

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
}

/** The faults that strike its sender. */
export interface SenderFaults {
  /** As text, for the record. */
  applied: string[];
  plan: SenderPlan;
}

/**
 * Faults at work: counts run down, percentages are drawn from a seed, so that the same deliveries in the same
 * order suffer the same.
 */
export class FaultSet {
  readonly #active: { fault: Fault; left: number }[];
  readonly random: () => number;

  constructor(
    readonly faults: readonly Fault[],
    readonly seed: number,
  ) {
    this.#active = faults.map((fault) => ({
      fault,
      left: fault.limit && 'count' in fault.limit ? fault.limit.count : Number.POSITIVE_INFINITY,
    }));
    this.random = seededRandom(seed);
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
    const faults = this.#draw('app');
    const context: FaultContext = { now, signingKey, random: this.random };
    const plan = faults.reduce(
      (made, { kind, value }) => kind.plan?.(made, value, context) ?? made,
      straight,
    );
    return { faults, plan };
  }

  /** Draws what strikes the sender this time. */
  forSender(): SenderFaults {
    const faults = this.#draw('sender');
    const plan = faults.reduce((made, { kind, value }) => kind.answer?.(made, value) ?? made, plainAnswer);
    return { applied: faults.map((fault) => printFault({ ...fault, limit: null })), plan };
  }

  #draw(direction: 'app' | 'sender'): Fault[] {
    return this.#active
      .filter(
        (entry) => entry.fault.kind.direction === direction && entry.left > 0 && this.#strikes(entry.fault),
      )
      .map((entry) => {
        entry.left -= 1;
        return entry.fault;
      });
  }

  #strikes({ limit }: Fault): boolean {
    return limit === null || 'count' in limit || this.random() * 100 < limit.percent;
  }
}

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
