import { setTimeout as delay } from 'node:timers/promises';
import { type Change, changesBetween } from './changes.ts';
import { earlierJob, jobLabel, labelled } from './labels.ts';
import { type Probe, ProbeError } from './probe.ts';
import { type Json, readSnapshot, without } from './value.ts';

/** One text for each probe, in their order. */
export type Snapshots = readonly string[];

/** How {@link Observer.settle} waits. */
export interface SettleOptions {
  /** ms without a change. */
  windowMs: number;
  /** Not before this holds, as long as there is patience. */
  until?: ((snapshots: Snapshots) => boolean) | undefined;
  /** ms that `until` is waited for, from the last change on: a worker may take one job after another. */
  patienceMs?: number | undefined;
  /** ms after which a state that goes on changing is taken as it is. */
  limitMs?: number | undefined;
  /** Whether something is under way that will have effects: a request, a fetch, a call. */
  busy: () => boolean;
  /** Whether two snapshots differ, where not all that moves counts. */
  differ?: ((a: Snapshots, b: Snapshots) => boolean) | undefined;
}

/** Snapshots once nothing moves any more. */
export interface Settled {
  snapshots: Snapshots;
  /** ms from the call to the last change that was seen; 0 when there was none. */
  changedAfterMs: number;
  /** False when it went on changing to the end. */
  quiet: boolean;
}

/** How often a probe that fails is asked again: "database is locked" passes. */
const probeRetries = 4;

async function patiently(probe: Probe): Promise<string> {
  for (let retry = 0; ; retry++) {
    try {
      return await probe.snapshot();
    } catch (error) {
      if (!(error instanceof ProbeError) || retry === probeRetries) throw error;
      await delay(100 * 2 ** retry);
    }
  }
}

/** Looks at the app through its probes. */
export class Observer {
  #underWay: Promise<Snapshots> | null = null;
  #next: Promise<Snapshots> | null = null;

  /** @param ignore what `--effects-ignore` names */
  constructor(
    readonly probes: readonly Probe[],
    private readonly ignore: readonly RegExp[],
  ) {}

  /** Asks every probe; those who ask at the same time share what was begun after they had asked. @throws ProbeError */
  snapshot(): Promise<Snapshots> {
    if (this.#underWay === null) return this.#ask();
    this.#next ??= this.#underWay
      .catch(() => undefined) // told to those who wait for it
      .then(() => {
        this.#next = null;
        return this.#ask();
      });
    return this.#next;
  }

  /** Asks every probe once. @returns null when one can't say anything, as one that asks an app that is not running */
  async glance(): Promise<Snapshots | null> {
    try {
      return await Promise.all(this.probes.map((probe) => probe.snapshot()));
    } catch (error) {
      if (error instanceof ProbeError) return null;
      throw error;
    }
  }

  #ask(): Promise<Snapshots> {
    const asked = Promise.all(this.probes.map(patiently)).finally(() => {
      this.#underWay = null;
    });
    this.#underWay = asked;
    return asked;
  }

  /** Waits until nothing is under way and all snapshots have been the same for the window. @throws ProbeError */
  async settle(options: SettleOptions): Promise<Settled> {
    const { windowMs, until, patienceMs = 0, limitMs = 30_000, busy } = options;
    const differ = options.differ ?? ((a: Snapshots, b: Snapshots) => this.differ(a, b));
    const began = performance.now();
    let last = await this.snapshot();
    let since = performance.now();
    let changedAfterMs = 0;
    for (;;) {
      const waited = performance.now() - began;
      const stable = performance.now() - since >= windowMs && !busy();
      const satisfied = until === undefined || performance.now() - since >= patienceMs || until(last);
      if (stable && satisfied) return { snapshots: last, changedAfterMs, quiet: true };
      if (waited > Math.max(limitMs, patienceMs)) return { snapshots: last, changedAfterMs, quiet: false };
      const left = windowMs - (performance.now() - since);
      await delay(Math.min(50, Math.max(10, left)));
      const wasBusy = busy();
      const next = await this.snapshot();
      if (wasBusy) since = performance.now();
      if (differ(last, next)) {
        since = performance.now();
        changedAfterMs = since - began;
      }
      last = next;
    }
  }

  /**
   * Looks whether the probes hold still while nothing is sent.
   * @throws ProbeError that shows what moved
   */
  async requireStable(windowMs: number): Promise<Snapshots> {
    const first = await this.snapshot();
    await delay(windowMs);
    const second = await this.snapshot();
    for (const [i, probe] of this.probes.entries()) {
      const changes = this.changes(first[i]!, second[i]!);
      if (changes.length === 0) continue;
      const lines = changes.slice(0, 10).map(({ text, by }) => `${text}${by === null ? '' : ` (by ${by})`}`);
      throw new ProbeError(
        `${probe.name} is not stable: while nothing was sent, this changed within ${windowMs} ms. Take it out of the probe, or name it with --effects-ignore.`,
        lines,
      );
    }
    return second;
  }

  /**
   * What changed between two snapshots of a probe.
   * @param jobs ids of the check's own jobs: `<job 1>` is the first
   * @param isKnown whether an id is that of a job of an earlier check
   */
  changes(
    before: string,
    after: string,
    jobs: readonly string[] = [],
    isKnown: (id: string) => boolean = () => false,
  ): Change[] {
    if (before === after) return [];
    const numbers = new Map(jobs.map((id, i) => [id, jobLabel(i + 1)]));
    const labelOf = (id: string): string | undefined =>
      numbers.get(id) ?? (isKnown(id) ? earlierJob : undefined);
    const read = (text: string): Json => labelled(without(readSnapshot(text), this.ignore), labelOf);
    return changesBetween(read(before), read(after));
  }

  differ(a: Snapshots, b: Snapshots): boolean {
    return a.some((text, i) => text !== b[i] && this.changes(text, b[i]!).length > 0);
  }
}
