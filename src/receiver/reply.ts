import type { Acknowledgement, Delivery } from '../core/delivery.ts';
import { mustNotFail } from '../core/errors.ts';
import type { Clock } from '../core/ids.ts';
import type { Store } from '../store/store.ts';
import { StoreWriteError } from '../store/writer.ts';
import type { Answer } from './answer.ts';
import type { Sender } from './incoming.ts';

/** What a reply needs of its surroundings. */
interface ReplyOptions {
  store: Pick<Store, 'acknowledge'>;
  clock: Clock;
  /** When the request began, ms of `performance.now()`. */
  began: number;
  /** Those that struck the answer. */
  faults: string[];
}

/** The answer to one sender, and the history's record of what reached it. */
export class Reply {
  /** Whether the sender gets no answer, on purpose. */
  #silent = false;

  constructor(
    private readonly sender: Sender,
    private readonly options: ReplyOptions,
  ) {}

  /** The record of an answer; of none when it is null. */
  acknowledgement(answer: Answer | null, note = answer?.note ?? null): Acknowledgement {
    const { clock, began, faults } = this.options;
    const acknowledgement: Acknowledgement = {
      status: answer?.status ?? null,
      by: answer?.by ?? 'nobody',
      note,
      at: clock.now(),
      durationMs: Math.round((performance.now() - began) * 1000) / 1000,
    };
    if (faults.length > 0) acknowledgement.faults = faults;
    return acknowledgement;
  }

  /**
   * Records it when the sender is gone before its answer has reached it; not when it gets none on purpose.
   * @param silent whether that is known by now
   */
  watch(delivery: Delivery, silent: boolean): void {
    this.#silent = silent;
    this.sender.onLeaving(() => {
      if (this.#silent) return;
      const left = this.acknowledgement(null, 'the sender went away before it was answered');
      mustNotFail(this.#record(delivery, left));
    });
  }

  /**
   * Answers the sender, if it is still there.
   * @param recorded whether the history has it by now
   */
  async give(delivery: Delivery, answer: Answer, recorded: boolean): Promise<void> {
    const reaches = this.#silent || !this.sender.gone;
    this.#silent ||= answer.silence !== undefined;
    this.sender.answer(answer);
    if (reaches && !recorded) await this.#record(delivery, this.acknowledgement(answer));
  }

  async #record(delivery: Delivery, acknowledgement: Acknowledgement): Promise<void> {
    try {
      await this.options.store.acknowledge(delivery, acknowledgement);
    } catch (error) {
      // The sender has its answer by now, and the store has published why this can't be recorded.
      if (!(error instanceof StoreWriteError)) throw error;
    }
  }
}
