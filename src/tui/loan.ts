/** Whether the screen is lent to another program; the screen's components follow it. */
export interface Loan {
  readonly lent: boolean;
  subscribe(listener: () => void): () => void;
  /** Asks the screen to stop reading keys. Resolves once it has. */
  begin(): Promise<void>;
  /** The screen has stopped reading keys. */
  begun(): void;
  end(): void;
}

/** A screen that is ours. */
export function createLoan(): Loan {
  const listeners = new Set<() => void>();
  let lent = false;
  let stopped: () => void = () => undefined;
  const set = (value: boolean): void => {
    lent = value;
    for (const listener of listeners) listener();
  };
  return {
    get lent() {
      return lent;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    begin: () =>
      new Promise((resolve) => {
        stopped = resolve;
        set(true);
      }),
    begun: () => stopped(),
    end: () => set(false),
  };
}
