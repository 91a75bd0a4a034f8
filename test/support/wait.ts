/** How long and for what {@link waitFor} waits. */
export interface WaitOptions {
  timeoutMs?: number;
  /** What is waited for, as the error tells it when it doesn't come. */
  what?: string;
}

// Kept from before a test puts a clock of its own in place: what is waited for happens in real time.
const { setTimeout } = globalThis;

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

/**
 * Polls until `check` gives something truthy, and returns that. A check that throws (an assertion) counts as
 * "not yet"; what it threw last is the cause of the time-out's error.
 */
export async function waitFor<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 20_000, what = 'the condition' }: WaitOptions = {},
): Promise<Truthy<T>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const value = await check();
      if (value) return value as Truthy<T>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
  } while (performance.now() < deadline);
  throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`, { cause });
}
