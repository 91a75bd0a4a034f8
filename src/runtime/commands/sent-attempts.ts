import { type Attempt, outcomeLabel } from '../../core/delivery.ts';
import type { ShownAttempt } from '../../core/record.ts';

/** Attempts that a command's result carries; of more it has the numbers, and the history has them all. */
const mostAttempts = 1000;
/** Bytes of their bodies, requests' and answers' together. */
const mostBytes = 4 * 1024 * 1024;

const nothing = new Uint8Array();

/** Gathers the attempts of a command that may make a great many, in bounded memory. */
export class SentAttempts {
  readonly #attempts: ShownAttempt[] = [];
  readonly #outcomes: Record<string, number> = {};
  #sent = 0;
  #bytes = 0;

  /** @param show makes the record of it, which may lack the answer's body when there is no room for more */
  add(attempt: Attempt, show: (attempt: Attempt) => ShownAttempt): void {
    const { outcome, requestBody } = attempt;
    const label = outcomeLabel(outcome);
    this.#sent += 1;
    this.#outcomes[label] = (this.#outcomes[label] ?? 0) + 1;
    if (this.#attempts.length >= mostAttempts || !this.#fits(requestBody)) return;
    const whole = outcome.kind !== 'response' || this.#fits(outcome.body);
    this.#attempts.push(show(whole ? attempt : { ...attempt, outcome: { ...outcome, body: nothing } }));
  }

  #fits(body: Uint8Array | null): boolean {
    const size = body?.length ?? 0;
    if (size > 0 && this.#bytes + size > mostBytes) return false;
    this.#bytes += size;
    return true;
  }

  /**
   * `attempts` has the first of them, `omitted` says how many are not in it, and `outcomes` how often each status or
   * error came among all that were `sent`.
   */
  result() {
    return {
      sent: this.#sent,
      outcomes: this.#outcomes,
      omitted: this.#sent - this.#attempts.length,
      attempts: this.#attempts,
    };
  }
}
