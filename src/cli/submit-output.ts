import type { DeliveryDetail } from '../core/record.ts';
import { printable } from '../core/text.ts';
import type { JobType } from '../core/trigger-events.ts';
import type { WebhookGoal } from '../runtime/reducto/submission.ts';
import { attemptLine, deliveryLine } from './format.ts';

// Characters of the app's answer that are shown.
const maxAnswer = 2000;

/** What `submit` says: results on stdout, for people or as one JSON object a line; what goes on, on stderr. */
export class SubmitOutput {
  /** Whether the last line on the terminal is one to be written over. */
  #open = false;

  constructor(private readonly format: 'plain' | 'json') {}

  /** @param passing whether the next such line takes its place; only a terminal shows these */
  progress(line: string, passing = false): void {
    const terminal = process.stderr.isTTY === true;
    if (passing && !terminal) return;
    process.stderr.write(`${this.#open ? '\r\x1b[2K' : ''}${printable(line)}${passing ? '' : '\n'}`);
    this.#open = passing;
  }

  submitted(jobId: string, type: JobType, webhook: WebhookGoal): void {
    if (this.format === 'json') return this.#json({ type: 'submitted', jobId, jobType: type, webhook });
    const goal =
      webhook.mode === 'direct'
        ? webhook.url
        : `Svix${webhook.channels === null ? '' : `, channels ${webhook.channels.join(', ')}`}`;
    this.#line(`Submitted: ${type} job ${jobId}, webhook to ${goal}`);
  }

  delivery(detail: DeliveryDetail): void {
    if (this.format === 'json') return this.#json({ type: 'delivery', ...detail });
    const { delivery, attempts } = detail;
    this.#line(deliveryLine(delivery));
    for (const attempt of attempts) {
      this.#line(attemptLine(attempt));
      const { outcome } = attempt;
      if (outcome.kind === 'response' && outcome.body.encoding === 'utf8' && outcome.body.data !== '')
        this.#line(`  ${outcome.body.data.slice(0, maxAnswer).trimEnd()}`);
    }
    if (attempts.length === 0)
      this.#line(`No app: the sender got ${delivery.acknowledgement?.status ?? 'no answer'}`);
  }

  /** Says that the delivery can't be seen from here. @returns false: that is no failure */
  nobodyWaits(): boolean {
    this.progress('Nothing listens on this data, so the webhook is not waited for.');
    return false;
  }

  result(job: Record<string, unknown>): void {
    if (this.format === 'json') return this.#json({ type: 'result', job });
    const text = JSON.stringify(job, null, 2);
    // On a terminal nothing from outside may act; in a pipe it has to be what it is.
    process.stdout.write(`${process.stdout.isTTY ? printable(text, true) : text}\n`);
  }

  #line(text: string): void {
    process.stdout.write(`${printable(text, true)}\n`);
  }

  #json(event: Record<string, unknown>): void {
    process.stdout.write(`${JSON.stringify({ v: 1, ...event })}\n`);
  }
}
