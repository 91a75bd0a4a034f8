/** Holds deliveries back from the app until they are released, one by one and in any order. */
export class Gate {
  /** A delivery may wait more than once: owed, and in a replay that was cut short. */
  readonly #held = new Map<number, ((released: boolean) => void)[]>();
  #holding = false;
  #closed = false;

  /** @param onChange told when deliveries come to wait or go on, or holding begins or ends */
  constructor(private readonly onChange: () => void = () => undefined) {}

  /** Whether what arrives from now on is held. */
  get holding(): boolean {
    return this.#holding;
  }

  /** The `seq`s of the deliveries that wait, in the order they came. */
  get held(): number[] {
    return [...this.#held.keys()];
  }

  /** Begins or ends holding. Those that wait go on waiting until they are released. */
  set holding(on: boolean) {
    this.#holding = on;
    this.onChange();
  }

  /**
   * Resolves when the delivery may go to the app; false when the tool stops before that.
   * @param hold whether it waits although what comes in does not
   */
  async pass(seq: number, hold = false): Promise<boolean> {
    if (this.#closed) return false;
    if (!this.#holding && !hold) return true;
    const released = new Promise<boolean>((resolve) =>
      this.#held.set(seq, [...(this.#held.get(seq) ?? []), resolve]),
    );
    this.onChange();
    return released;
  }

  /** Lets one delivery go on, or all of them. @returns how many went */
  release(seq?: number): number {
    const seqs = seq === undefined ? this.held : this.held.filter((held) => held === seq);
    for (const each of seqs) {
      for (const end of this.#held.get(each)!) end(true);
      this.#held.delete(each);
    }
    if (seqs.length > 0) this.onChange();
    return seqs.length;
  }

  /** Ends every wait without sending. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#held.values()].flat()) end(false);
    this.#held.clear();
  }
}
