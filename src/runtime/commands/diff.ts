import { z } from 'zod';
import { type Comparable, difference, unifiedText } from '../../core/diff.ts';
import { usageError } from '../../core/errors.ts';
import { maskBodyText, maskHeaders, maskTarget } from '../../core/mask.ts';
import { decodeUtf8 } from '../../core/payload.ts';
import type { Store } from '../../store/store.ts';
import { defineCommand } from '../command.ts';

export const diff = defineCommand({
  help: 'Show how two deliveries or attempts differ: headers and body',
  example: '11 12',
  offline: true,
  positional: ['before', 'after'],
  args: z.object({
    before: z.string().describe('a delivery, or the id of an attempt (att_…)'),
    after: z.string().describe('a delivery, or the id of an attempt (att_…)'),
    answers: z.boolean().default(false).describe("of attempts: the app's answers instead of the requests"),
    secrets: z.boolean().default(false).describe('leave secrets readable'),
  }),
  run({ store }, { before, after, answers, secrets }) {
    const [left, right] = [before, after].map((reference) => {
      const found = comparable(store, reference, answers);
      return secrets ? found : masked(found);
    });
    const found = difference(left!, right!);
    return { difference: found, text: unifiedText(found) };
  },
});

function comparable(store: Store, reference: string, answers: boolean): Comparable {
  if (!reference.startsWith('att_')) {
    const delivery = store.delivery(store.resolve(reference).seq)!;
    return { start: `${delivery.method} ${delivery.target}`, headers: delivery.headers, body: delivery.body };
  }
  const attempt = store.attempt(reference);
  if (attempt === null)
    throw usageError('no-attempt', `There is no attempt "${reference}": see reducto-webhook-dev show.`);
  const { request, requestBody, outcome, deliverySeq } = attempt;
  if (answers) {
    if (outcome.kind !== 'response')
      throw usageError('no-answer', `Attempt ${reference} has no answer to compare.`);
    return { start: String(outcome.status), headers: outcome.headers, body: outcome.body };
  }
  const body = requestBody ?? store.delivery(deliverySeq)?.body ?? new Uint8Array();
  const { pathname, search } = new URL(request.url);
  return { start: `${request.method} ${pathname}${search}`, headers: request.headers, body };
}

function masked({ start, headers, body }: Comparable): Comparable {
  const text = decodeUtf8(body);
  return {
    start: maskTarget(start),
    headers: maskHeaders(headers),
    body: text === null ? body : Buffer.from(maskBodyText(text)),
  };
}
