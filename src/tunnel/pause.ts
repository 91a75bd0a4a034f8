import { UserError } from '../core/errors.ts';
import { formatDuration } from '../core/units.ts';

/** Resolves after `ms`, or at once when one of the signals is aborted. Does not keep the process alive. */
export function pause(ms: number, ...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    for (const signal of signals) signal.addEventListener('abort', end);
    if (signals.some(({ aborted }) => aborted)) end();
  });
}

/** A pause that can be rung out of; many rings make one, and a ring while nobody waits cuts the next pause. */
export class Alarm {
  #bell = new AbortController();
  #reason: string | null = null;

  /** @param reason kept from the first ring only */
  ring(reason: string): void {
    this.#reason ??= reason;
    this.#bell.abort();
  }

  /** @returns why it was rung, or null when the time was up or the signal was aborted */
  async wait(ms: number, signal: AbortSignal): Promise<string | null> {
    await pause(ms, signal, this.#bell.signal);
    const reason = this.#reason;
    this.#reason = null;
    this.#bell = new AbortController();
    return reason;
  }
}

/**
 * Runs `work` with a signal that is aborted when `signal` is, or after `ms`. (AbortSignal.any and .timeout
 * would do, but Node 20 loses the timeout when the garbage collector comes first.)
 * @throws what `work` throws: it is to throw its signal's reason, a UserError `timeout` when the time was up
 */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const forward = (): void => controller.abort(signal.reason);
  const timeUp = (): void =>
    controller.abort(new UserError('timeout', `timed out after ${formatDuration(ms)}`));
  const timer = setTimeout(timeUp, ms).unref();
  signal.addEventListener('abort', forward);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', forward);
  }
}

/** `work`, or the signal's reason when that is aborted first: for what can't be called off. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
