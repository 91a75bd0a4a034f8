import { setImmediate as turn } from 'node:timers/promises';
import * as z from 'zod';
import { attemptRequest, deliveryRequest, maskComparable, ofTheSender } from '../../core/attempt-diff.ts';
import { type Comparable, difference, unifiedText } from '../../core/diff.ts';
import { usageError } from '../../core/errors.ts';
import type { Store } from '../../store/store.ts';
import { defineCommand } from '../command.ts';
import { wholeDelivery } from './arguments.ts';

export const diff = defineCommand({
  help: 'Show how two deliveries or attempts differ: headers and body',
  example: '11 12',
  offline: true,
  reads: true,
  positional: ['before', 'after'],
  args: z.object({
    before: z.string().describe('a delivery, or the id of an attempt (att_…)'),
    after: z.string().describe('a delivery, or the id of an attempt (att_…)'),
    answers: z.boolean().default(false).describe("of attempts: the app's answers instead of the requests"),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
  }),
  async run({ store }, { before, after, answers, secrets }) {
    const references = [before, after];
    const sides = references.map((reference) => comparable(store, reference, answers));
    // Of attempts only what the sender sent is compared: what is made for each request differs in every one.
    const attempts = !answers && references.some(isAttempt);
    const compared: Comparable[] = [];
    for (const side of sides) {
      await turn(); // others have theirs before each step of what may be megabytes
      const sent = attempts ? ofTheSender(side) : side;
      compared.push(secrets ? sent : maskComparable(sent));
    }
    await turn();
    const [left, right] = compared;
    const found = difference(left!, right!);
    return { difference: found, text: unifiedText(found) };
  },
});

const isAttempt = (reference: string): boolean => reference.startsWith('att_');

function comparable(store: Store, reference: string, answers: boolean): Comparable {
  if (!isAttempt(reference)) {
    const delivery = wholeDelivery(store, reference);
    if (answers)
      throw usageError('answers', `--answers compares attempts (att_…), and "${reference}" is a delivery.`);
    return deliveryRequest(delivery);
  }
  const attempt = store.attempt(reference);
  if (attempt === null)
    throw usageError('no-attempt', `There is no attempt "${reference}": see reducto-webhook-dev show.`);
  if (!answers) return attemptRequest(attempt, store.delivery(attempt.deliverySeq));
  const { outcome } = attempt;
  if (outcome.kind !== 'response')
    throw usageError('no-answer', `Attempt ${reference} has no answer to compare.`);
  return { start: String(outcome.status), headers: outcome.headers, body: outcome.body };
}
